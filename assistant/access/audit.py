"""The audit log: who did what to which object, when, and from where.

Entries are only added: the database refuses to change or delete one, and each carries the hash of the one before, so
that whoever gets round the database is found out (Haber and Stornetta 1991, "How to time-stamp a digital document").
What is cut off at the end the chain cannot show; the program's log holds number and hash of each entry as well.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, desc, select, text

from assistant.access.principal import Principal
from assistant.logs import log, scrubbed
from assistant.store.database import Database, to_json
from assistant.store.schema import audit, now

FIRST = "0" * 64  # what stands for the hash before the first entry
HOLD = 7_042_027  # number of PostgreSQL's advisory lock, under which one entry at a time is added
PAGE = 1_000


@dataclass(frozen=True)
class Actor:
    """Who acts, and from where: a network address, ``command line`` or the like."""

    principal: Principal
    source: str
    request_id: str | None = None


_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


def acting(principal: Principal, source: str | None = None, request_id: str | None = None) -> None:
    """Say who acts from here on, in this thread or task; what is recorded carries it.

    Args:
        principal: who.
        source: from where; what was said last of the same person, where left out.
        request_id: of the HTTP request.
    """
    before = _acting.get()
    if source is None and before and before.principal.user_id == principal.user_id:
        return
    _acting.set(Actor(principal, source or "server", request_id))


def record(
    where: Database | Connection, action: str, thing: str, user_id: str | None = None, **details: Any
) -> None:
    """Add an entry, in the transaction that does what it tells, where one is given.

    Args:
        where: the database, or a connection in a transaction.
        action: what was done, in words: ``key created``.
        thing: the id or name of what it was done to.
        user_id: who did it, where it is not who was said to act.
        details: further short facts; personal data and secrets among them are hidden.
    """
    actor = _acting.get()
    if user_id and (actor is None or actor.principal.user_id != user_id):
        actor = Actor(Principal(user_id, user_id, ""), "server")
    row = _row(actor, action, thing, details)
    with where.begin() if isinstance(where, Database) else contextlib.nullcontext(where) as connection:
        _add(connection, row)


def _add(where: Connection, row: dict[str, Any]) -> None:
    """Put an entry at the end of the chain."""
    if where.dialect.name == "postgresql":
        where.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": HOLD})
    row["previous"] = where.execute(_newest()).scalar() or FIRST
    row["hash"] = fingerprint(row)
    number = where.execute(audit.insert().values(**row).returning(audit.c.number)).scalar_one()
    told = {"number": number, "hash": row["hash"], "action": row["action"]}
    Database.once_kept(
        where, lambda: log().info("audit", **told)
    )  # of what was undone it would miss the entry


def _newest() -> Any:
    return select(audit.c.hash).order_by(desc(audit.c.number)).limit(1)


def _row(actor: Actor | None, action: str, thing: str, details: dict[str, Any]) -> dict[str, Any]:
    who = actor.principal if actor else None
    return {
        "at": now(),
        "user_id": who.user_id if who else None,
        "name": who.name if who else None,
        "key_id": who.key_id if who else None,
        "source": actor.source if actor else "server",
        "request_id": actor.request_id if actor else None,
        "action": action,
        "object": scrubbed(str(thing))[:300],
        # As the database gives it back: a hash over anything else would not be found again.
        "details": json.loads(
            to_json({key: scrubbed(each) for key, each in details.items() if each is not None})
        ),
    }


def fingerprint(row: dict[str, Any]) -> str:
    """The hash of an entry, over all its columns but its number and the hash itself."""
    kept = {key: value for key, value in row.items() if key not in ("number", "hash")}
    told = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


class AuditLog:
    """What was recorded.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database):
        self._database = database

    def entries(
        self,
        most: int = 100,
        before: int | None = None,
        user: str | None = None,
        action: str | None = None,
    ) -> list[dict[str, Any]]:
        """Entries, newest first.

        Args:
            most: at most so many.
            before: only those with a lower number, for the next page.
            user: only this user's, by id or name.
            action: only those whose action begins so: ``key``, ``model deleted``.
        """
        query = select(audit).order_by(desc(audit.c.number)).limit(max(1, min(most, PAGE)))
        if before is not None:
            query = query.where(audit.c.number < before)
        if user:
            query = query.where((audit.c.user_id == user) | (audit.c.name == user))
        if action:
            query = query.where(audit.c.action.startswith(action, autoescape=True))
        return self._database.rows(query)

    def everything(self) -> Iterator[dict[str, Any]]:
        """All entries, oldest first."""
        last = 0
        while True:
            page = select(audit).where(audit.c.number > last).order_by(audit.c.number).limit(PAGE)
            rows = self._database.rows(page)
            yield from rows
            if len(rows) < PAGE:
                return
            last = rows[-1]["number"]

    def lines(self) -> Iterator[str]:
        """All entries as lines of JSON, oldest first."""
        return (json.dumps(entry) + "\n" for entry in self.everything())

    def verify(self, told: Mapping[int, str] | None = None) -> dict[str, Any]:
        """Follow the chain, and compare it with what the program's log says of it, see :func:`told_in`.

        Args:
            told: hashes by number; of entries that were cut off at the end only they know.

        Returns:
            ``{"entries", "intact", "broken_at", "head"}``: how many entries there are, the number of the first that was
            changed or whose predecessor is gone, and the hash of the last one.
        """
        previous, count, told = FIRST, 0, dict(told or {})
        for row in self.everything():
            count += 1
            same = told.pop(row["number"], row["hash"]) == row["hash"]
            if row["previous"] != previous or fingerprint(row) != row["hash"] or not same:
                return {"entries": count, "intact": False, "broken_at": row["number"], "head": previous}
            previous = row["hash"]
        gone = min(told, default=None)
        return {"entries": count, "intact": gone is None, "broken_at": gone, "head": previous}


def told_in(lines: Iterable[str]) -> dict[int, str]:
    """Numbers and hashes of the entries that a log of the program (JSON lines) tells of."""
    told = {}
    for line in lines:
        with contextlib.suppress(ValueError, KeyError, TypeError):  # a line cut off, or another program's
            entry = json.loads(line)
            if isinstance(entry, dict) and entry.get("event") == "audit":
                told[int(entry["number"])] = str(entry["hash"])
    return told
