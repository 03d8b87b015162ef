"""All there is of one model's name in the database: its versions, the aliases on them, and what was done with them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from assistant.access.audit import record
from assistant.logs import log
from assistant.store.schema import model_aliases, model_events, model_splits, model_versions, models, now
from assistant.workspace.references import LATEST, PRODUCTION
from tools.errors import NotFound, did_you_mean


@dataclass(frozen=True)
class Record:
    """One name: rows of its versions by number, ascending, and of its aliases."""

    name: str
    versions: dict[int, dict[str, Any]]
    aliases: dict[str, dict[str, Any]]

    @property
    def newest(self) -> int:
        """The number of the newest version."""
        return max(self.versions)

    @property
    def production(self) -> int | None:
        """The number of the version in production."""
        return self.aliases[PRODUCTION]["version"] if PRODUCTION in self.aliases else None

    def aliases_of(self, version: int) -> list[str]:
        """The aliases that point at a version."""
        return [alias for alias, row in self.aliases.items() if row["version"] == version]

    def find(self, which: int | str | None) -> int:
        """The number of the version that a reference means.

        Raises:
            NotFound: there is no such version or alias.
        """
        if which is None:
            return self.production or self.newest
        if which == LATEST:
            return self.newest
        if which in self.versions:
            return int(which)
        if isinstance(which, str) and which in self.aliases:
            return self.aliases[which]["version"]
        what = f"version {which}" if isinstance(which, int) else f"alias {which}"
        known = ", ".join(f"{self.name}@{each}" for each in (*self.versions, *self.aliases))
        raise NotFound(f"{self.name} has no {what}.", f"Known are {known}.", param="model")


def records(connection: Connection, name: str | None = None) -> dict[str, Record]:
    """What there is of one name, or of all names, by name.

    Aliases are read before versions: a version is there before an alias points at it.
    """
    found: dict[str, Record] = {}
    aliases, versions = select(model_aliases).order_by(model_aliases.c.alias), select(model_versions)
    if name is not None:
        aliases = aliases.where(model_aliases.c.name == name)
        versions = versions.where(model_versions.c.name == name)
    pointing = list(connection.execute(aliases).mappings())
    for row in connection.execute(versions.order_by(model_versions.c.version)).mappings():
        record = found.setdefault(row["name"], Record(row["name"], {}, {}))
        record.versions[row["version"]] = dict(row)
    for row in pointing:
        if row["name"] in found and row["version"] in found[row["name"]].versions:
            found[row["name"]].aliases[row["alias"]] = dict(row)
    return found


def record_of(connection: Connection, name: str) -> Record:
    """What there is of one name.

    Raises:
        NotFound: nothing, with the closest names.
    """
    if found := records(connection, name).get(name):
        return found
    known = [row[0] for row in connection.execute(select(models.c.name))]
    hint = did_you_mean(name, known) or "Fine-tune one first."
    raise NotFound(f"There is no model named {name}.", hint, param="model")


def locked(connection: Connection, name: str) -> Record:
    """The same in a transaction that will change it: others who want to change it wait until that is through.

    Raises:
        NotFound: there is nothing of that name.
    """
    connection.execute(select(models.c.name).where(models.c.name == name).with_for_update())
    return record_of(connection, name)


def running_split(connection: Connection, name: str) -> dict[str, Any] | None:
    """The split of a name's traffic that is under way."""
    wanted = (model_splits.c.name == name) & model_splits.c.ended_at.is_(None)
    row = connection.execute(select(model_splits).where(wanted)).mappings().first()
    return dict(row) if row else None


def end_split(connection: Connection, name: str, user_id: str | None, why: str) -> dict[str, Any] | None:
    """End the split of a name's traffic; returns it, or None where there was none."""
    row = running_split(connection, name)
    if row:
        ended = {"ended_at": now()}
        connection.execute(model_splits.update().where(model_splits.c.id == row["id"]).values(**ended))
        note(connection, name, row["other"], "split ended", user_id, split=row["id"], why=why)
        row |= ended
    return row


def note(
    connection: Connection, name: str, version: int | None, action: str, user_id: str | None, **details: Any
) -> None:
    """Write down, in the transaction that does it, who did what with which version; the log gets the same."""
    row = {"name": name, "version": version, "action": action, "details": details, "user_id": user_id}
    connection.execute(model_events.insert().values(**row, created_at=now()))
    record(connection, f"model {action}", f"{name}@{version}" if version else name, user_id, **details)
    log().info(f"model {action}", model=name, version=version, user=user_id, **details)
