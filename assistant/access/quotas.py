"""Quotas: how much one person may use in a day, and keep. Rates (requests a minute) are in ``limits``."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from assistant.access.principal import Principal
from assistant.errors import TooLarge, TooMany
from assistant.store.database import Database
from assistant.store.schema import files, usage

TOKENS = "tokens"
WORDS = {"tokens": "tokens written or read by models", "jobs": "jobs"}


class Quotas:
    """Counts what each person and each widget key uses, by the day (UTC).

    Args:
        database: where the counts are.
        limits: most of each kind a day: ``tokens``, ``jobs``; 0 or nothing is no limit.
        storage: most bytes of uploads a person may keep; 0 is no limit.
    """

    def __init__(self, database: Database, limits: dict[str, float], storage: int = 0):
        self._database, self._storage = database, storage
        self._limits = {what: limit for what, limit in limits.items() if limit}

    def counts(self, what: str) -> bool:
        """Whether there is a quota of this kind."""
        return what in self._limits

    def check(self, who: Principal, what: str) -> None:
        """Refuse what would go over a quota that is used up.

        Raises:
            TooMany: it is; ``retry_after`` says until when (midnight, UTC).
        """
        limit = self._limits.get(what)
        if limit is None or self.used(who, what) < limit:
            return
        error = TooMany(
            f"The quota of {limit:,.0f} {WORDS[what]} a day is used up.",
            "Go on tomorrow (UTC), or ask an admin to raise it.",
        )
        error.retry_after = _until_midnight()
        raise error

    def add(self, who: Principal, what: str, amount: float) -> None:
        """Count what was used. Nothing is written where there is no quota of the kind."""
        if what not in self._limits or amount <= 0:
            return
        on_sqlite = self._database.engine.dialect.name == "sqlite"
        insert: Any = sqlite.insert if on_sqlite else postgresql.insert
        row = insert(usage).values(day=_today(), who=_name(who), what=what, amount=float(amount))
        more = {"amount": usage.c.amount + row.excluded.amount}
        self._database.run(row.on_conflict_do_update(index_elements=["day", "who", "what"], set_=more))

    def used(self, who: Principal, what: str) -> float:
        """How much of a kind was used today."""
        mine = (usage.c.day == _today(), usage.c.who == _name(who), usage.c.what == what)
        row = self._database.row(select(usage.c.amount).where(*mine))
        return float(row["amount"]) if row else 0.0

    def check_storage(self, user_id: str | None, size: int) -> None:
        """Refuse an upload for which there is no room in its owner's share.

        Raises:
            TooLarge: it would go over.
        """
        if not self._storage or user_id is None:
            return
        if self._kept(user_id) + size > self._storage:
            raise TooLarge(
                f"Your uploads may take {self._storage >> 20:,} MB together.",
                "Delete some files first, or ask an admin to raise the quota.",
            )

    def _kept(self, user_id: str) -> int:
        kept = select(func.sum(files.c.bytes).label("kept")).where(files.c.user_id == user_id)
        return int((self._database.row(kept) or {}).get("kept") or 0)

    def headers(self, who: Principal) -> dict[str, str]:
        """What is left, under the names that OpenAI's API gives such headers; of the storage in bytes."""
        told: dict[str, str] = {}
        if self._storage:
            room = max(0, self._storage - self._kept(who.user_id))
            told["x-ratelimit-limit-storage"] = f"{self._storage}"
            told["x-ratelimit-remaining-storage"] = f"{room}"
        for what, limit in self._limits.items():
            left = max(0.0, limit - self.used(who, what))
            told |= {
                f"x-ratelimit-limit-{what}": f"{limit:.0f}",
                f"x-ratelimit-remaining-{what}": f"{left:.0f}",
            }
            told[f"x-ratelimit-reset-{what}"] = f"{_until_midnight()}s"
        return told


def tokens_of(*texts: str) -> int:
    """About how many tokens texts have."""
    return sum(-(-len(text) // 4) for text in texts)


def _name(who: Principal) -> str:
    """Visitors share their widget key's quota."""
    return who.key_id or who.user_id if who.role == "visitor" else who.user_id


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _until_midnight() -> int:
    now = datetime.now(UTC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return math.ceil((midnight - now).total_seconds())


def of(database: Database, settings: Any) -> Quotas:
    """The quotas that the settings name."""
    limits = {"tokens": settings.quota_tokens, "jobs": settings.quota_jobs}
    return Quotas(database, limits, settings.quota_storage_mb << 20)
