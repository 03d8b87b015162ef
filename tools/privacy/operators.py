"""What takes the place of personal data: its type, a mask, a keyed hash, a lasting pseudonym, or a stand-in."""

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING

from tools.errors import BadArgument, did_you_mean

if TYPE_CHECKING:
    from tools.privacy.surrogates import Surrogates

OPERATORS = ("replace", "mask", "hash", "pseudonym", "surrogate")
# What any of them but the mask leaves behind; with a type that we give, it is never read as personal data again.
PLACEHOLDER = re.compile(r"<([A-Z][A-Z_]{1,29}[A-Z])(?:_\d{1,6}|:(?!\d{12}>)[0-9a-f]{12})?>")
LEFT_OUT = "LEFT_OUT"  # the type of a sentence that was not said
DIGEST = re.compile(r"(?!\d{12})[0-9a-f]{12}")  # a number might be somebody's


class Operators:
    """The operators with their memory: equal values get equal hashes and pseudonyms, for as long as the object lives.

    Args:
        salt: key of the hashes; random where none is given, so hashes of two objects do not compare.
    """

    def __init__(self, salt: bytes | None = None):
        self._salt = salt or secrets.token_bytes(32)
        self._pseudonyms: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._surrogates: Surrogates | None = None

    def apply(self, operator: str, entity_type: str, value: str) -> str:
        """What to write in place of a value.

        Raises:
            BadArgument: nobody knows the operator.
        """
        check(operator)
        if operator == "mask":
            return mask(value)
        if operator == "hash":
            digest = DIGEST.search(hmac.new(self._salt, _same(value), hashlib.sha256).hexdigest())
            return f"<{entity_type}:{digest.group() if digest else ''}>"
        if operator == "pseudonym":
            return self._pseudonym(entity_type, value)
        if operator == "surrogate":
            return self._surrogate(entity_type, value)
        return f"<{entity_type}>"

    def _surrogate(self, entity_type: str, value: str) -> str:
        from tools.privacy.surrogates import Surrogates

        self._surrogates = self._surrogates or Surrogates(self._salt)
        return self._surrogates(entity_type, value)

    def _pseudonym(self, entity_type: str, value: str) -> str:
        key = (entity_type, _same(value).decode("utf-8", "surrogatepass"))
        if key not in self._pseudonyms:
            self._counts[entity_type] = self._counts.get(entity_type, 0) + 1
            self._pseudonyms[key] = f"<{entity_type}_{self._counts[entity_type]}>"
        return self._pseudonyms[key]


def mask(value: str) -> str:
    """Stars for letters and digits; only punctuation and spaces stay."""
    return re.sub(r"\w", "*", value)


def check(operator: str) -> None:
    """Is there such an operator?

    Raises:
        BadArgument: no.
    """
    if operator not in OPERATORS:
        hint = did_you_mean(operator, OPERATORS)
        raise BadArgument(f"There is no operator named {operator!r}.", hint)


def _same(value: str) -> bytes:
    return " ".join(value.casefold().split()).encode("utf-8", "surrogatepass")
