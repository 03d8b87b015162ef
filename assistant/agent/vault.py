"""What the placeholders of a conversation stand for: kept encrypted, given to tools that run here, to no model.

The model, the checkpoints, the logs and the reply hold ``<EMAIL_ADDRESS>``; a tool that reads a text of the user's
own conversation gets the address. The first value of a type has no number, the next one is ``<EMAIL_ADDRESS_2>``.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from functools import cached_property
from typing import Any

from sqlalchemy import select

from assistant.store.database import Database
from assistant.store.schema import now, vault
from tools.privacy.operators import PLACEHOLDER
from tools.privacy.screen import LEFT_OUT


class Restoring:
    """Puts the real values in the place of their placeholders."""

    def restored(self, value: Any) -> Any:
        """A tool's arguments with the real values in the place of their placeholders."""
        if isinstance(value, str):
            return PLACEHOLDER.sub(lambda match: self._value(match.group()), value)
        if isinstance(value, dict):
            return {key: self.restored(each) for key, each in value.items()}
        return [self.restored(each) for each in value] if isinstance(value, list) else value

    def _value(self, placeholder: str) -> str:
        raise NotImplementedError


class CallVault(Restoring):
    """The vault of one call outside any conversation: in memory, and gone with it."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def apply(self, operator: str, entity_type: str, value: str) -> str:
        """The placeholder of a value, as :meth:`Vault.apply` gives them."""
        if entity_type == LEFT_OUT:
            return f"<{entity_type}>"
        alike = [each for each in self._values if PLACEHOLDER.sub(r"\1", each) == entity_type]
        same = next((each for each in alike if _same(self._values[each]) == _same(value)), None)
        placeholder = same or (f"<{entity_type}_{len(alike) + 1}>" if alike else f"<{entity_type}>")
        self._values.setdefault(placeholder, value)
        return placeholder

    def _value(self, placeholder: str) -> str:
        return self._values.get(placeholder, placeholder)


class Vault(Restoring):
    """The vault of one conversation.

    Args:
        database: where the rows are.
        key: gives the installation's 32 secret bytes.
        thread_id: the conversation; whoever makes a vault has checked whose it is.
    """

    def __init__(self, database: Database, key: Callable[[], bytes], thread_id: str):
        self._database, self._key, self._thread_id = database, key, thread_id

    def apply(self, operator: str, entity_type: str, value: str) -> str:
        """The placeholder of a value, as ``tools.privacy.operators.Operators`` gives them."""
        if entity_type == LEFT_OUT:
            return f"<{entity_type}>"
        named = f"{entity_type}\0{_same(value)}".encode("utf-8", "surrogatepass")
        same = hmac.new(self._key(), named, hashlib.sha256).hexdigest()
        for row in self._rows:
            if row["fingerprint"] == same:
                return str(row["placeholder"])
        number = 1 + sum(row["entity_type"] == entity_type for row in self._rows)
        row = {
            "thread_id": self._thread_id,
            "placeholder": f"<{entity_type}>" if number == 1 else f"<{entity_type}_{number}>",
            "entity_type": entity_type,
            "fingerprint": same,
            "value": self._fernet.encrypt(value.encode("utf-8", "surrogatepass")).decode(),
            "created_at": now(),
        }
        self._database.run(vault.insert().values(**row))
        self._rows.append(row)
        return str(row["placeholder"])

    def values(self) -> dict[str, str | None]:
        """What each placeholder stands for; None where another key encrypted it, which is lost."""
        return {row["placeholder"]: self._opened(row) for row in self._rows}

    def _value(self, placeholder: str) -> str:
        found = next((row for row in self._rows if row["placeholder"] == placeholder), None)
        return (found and self._opened(found)) or placeholder

    def _opened(self, row: dict[str, Any]) -> str | None:
        from cryptography.fernet import InvalidToken

        try:
            return str(self._fernet.decrypt(row["value"].encode()).decode("utf-8", "surrogatepass"))
        except InvalidToken:
            return None

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        return self._database.rows(select(vault).where(vault.c.thread_id == self._thread_id))

    @cached_property
    def _fernet(self) -> Any:
        from cryptography.fernet import Fernet

        return Fernet(base64.urlsafe_b64encode(self._key()))


def _same(value: str) -> str:
    return " ".join(value.casefold().split())
