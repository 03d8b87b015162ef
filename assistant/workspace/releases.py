"""Which version of a model an alias means: promoting, rolling back, taking out of service.

Each is one transaction, so a reader sees the version before or the one after, never none. Requests under way finish on
the version they began with: they hold it in memory.
"""

from typing import Any

from sqlalchemy import Connection

from assistant.errors import Conflict
from assistant.store.database import Database
from assistant.store.schema import model_aliases, now
from assistant.workspace.models import Registry
from assistant.workspace.record import Record, end_split, locked, note, record_of
from assistant.workspace.references import PRODUCTION, check_alias, read
from tools.errors import Unsupported
from tools.workspace import ModelEntry

MOST = 100  # versions an alias remembers to have pointed at


class Releases:
    """The aliases of one home's models.

    Args:
        database: where the rows are.
        registry: the models.
    """

    def __init__(self, database: Database, registry: Registry):
        self._database, self._registry = database, registry

    def promote(self, name: str, alias: str = PRODUCTION, user_id: str | None = None) -> ModelEntry:
        """Let an alias mean a version; ``production`` is what the plain name answers with.

        Args:
            name: the version, as ``router@3``.
            alias: the alias.
            user_id: who asked for it.

        Raises:
            NotFound: no such version.
            BadArgument: that cannot be an alias.
        """
        alias, wanted = check_alias(alias), read(name)
        with self._database.begin() as connection:
            record = locked(connection, wanted.name)
            number = record.find(wanted.which)
            before = record.aliases.get(alias)
            if before is None or before["version"] != number:
                earlier = [*_earlier(before), before["version"]] if before else []
                _point(connection, record, alias, number, earlier)
                old = before["version"] if before else None
                note(connection, record.name, number, "promoted", user_id, alias=alias, before=old)
                if alias == PRODUCTION:
                    end_split(connection, record.name, user_id, f"{record.name}@{number} was promoted")
        return self._registry.get(f"{record.name}@{number}")

    def previous(self, name: str) -> ModelEntry:
        """The version that was in production before the present one.

        Raises:
            Conflict: the model is not deployed, or there was none before.
        """
        with self._database.engine.connect() as connection:
            record = record_of(connection, read(name).name)
        return self._registry.get(f"{record.name}@{before_production(record)[0]}")

    def rollback(self, name: str, user_id: str | None = None) -> ModelEntry:
        """Put the version before back into production; once more, the one before that.

        Raises:
            Conflict: the model is not deployed, or there was none before.
        """
        with self._database.begin() as connection:
            record = locked(connection, read(name).name)
            number, earlier = before_production(record)
            _point(connection, record, PRODUCTION, number, earlier)
            note(connection, record.name, number, "rolled back", user_id, before=record.production)
            end_split(connection, record.name, user_id, f"it was rolled back to {record.name}@{number}")
        return self._registry.get(f"{record.name}@{number}")

    def undeploy(self, name: str, user_id: str | None = None) -> ModelEntry:
        """Take a model, an alias of it, or all aliases of one version, out of service.

        Raises:
            Unsupported: it is not in service.
        """
        wanted = read(name)
        with self._database.begin() as connection:
            record = locked(connection, wanted.name)
            number = record.find(wanted.which)
            alias = wanted.which or PRODUCTION
            named = wanted.which is None or alias in record.aliases
            going = [each for each in record.aliases if each == alias] if named else record.aliases_of(number)
            if not going:
                raise Unsupported(f"{wanted} is not deployed.", "There is nothing to take out of service.")
            mine = (model_aliases.c.name == record.name) & model_aliases.c.alias.in_(going)
            connection.execute(model_aliases.delete().where(mine))
            note(connection, record.name, number, "undeployed", user_id, aliases=going)
            if PRODUCTION in going:
                end_split(connection, record.name, user_id, f"{record.name} was undeployed")
        return self._registry.get(f"{record.name}@{number}")


def before_production(record: Record) -> tuple[int, list[int]]:
    """The version that was in production before the present one, and those before it.

    Raises:
        Conflict: the model is not deployed, or there was none before.
    """
    if record.production is None:
        raise Conflict(f"{record.name} is not deployed.", f"Deploy it: assistant deploy {record.name}.")
    earlier = [n for n in _earlier(record.aliases[PRODUCTION]) if n in record.versions]
    while earlier and earlier[-1] == record.production:  # what lay between was deleted
        earlier.pop()
    if not earlier:
        raise Conflict(
            f"No version of {record.name} was in production before {record.name}@{record.production}.",
            f"See what there is: assistant models show {record.name}.",
        )
    return earlier[-1], earlier[:-1]


def _earlier(row: dict[str, Any]) -> list[int]:
    return list(row["earlier"] or [])


def _point(connection: Connection, record: Record, alias: str, number: int, earlier: list[int]) -> None:
    """Let an alias mean a version."""
    values = {"version": number, "earlier": earlier[-MOST:], "since": now()}
    if alias in record.aliases:
        mine = (model_aliases.c.name == record.name) & (model_aliases.c.alias == alias)
        connection.execute(model_aliases.update().where(mine).values(**values))
    else:
        connection.execute(model_aliases.insert().values(name=record.name, alias=alias, **values))
