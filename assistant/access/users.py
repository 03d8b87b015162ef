"""The people of the team, and the one-time links that sign them in."""

import re
import secrets
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from assistant.access import passwords
from assistant.access.audit import record
from assistant.access.principal import OWNER_ID
from assistant.access.roles import check_role
from assistant.access.tokens import fingerprint, in_future, new_token
from assistant.errors import BadRequest, Conflict, Forbidden, Missing, Unauthenticated
from assistant.store.database import Database
from assistant.store.schema import keys, now, sessions, sign_in_links, users

NAME = re.compile(r"[\w][\w .@+'&!#$%*/=?^`{|}~-]{0,99}")  # what e-mail addresses are made of, too
OURS = re.compile(
    rf"(?i){OWNER_ID}|(?:user|key)-[0-9a-f]{{12}}|visitor-.*"
)  # ids, which no name may be taken for


class UserStore:
    """Users and their sign-in links.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database):
        self._database = database

    def add(self, name: str, role: str = "member") -> dict[str, Any]:
        """Enter a person.

        Args:
            name: up to 100 letters, digits, spaces and signs of e-mail addresses; unique, and no id.
            role: admin, member or viewer.

        Raises:
            BadRequest: the name or role cannot be used.
            Conflict: the name is taken.
        """
        return self._insert(f"user-{secrets.token_hex(6)}", self._free(name), check_role(role))

    def _free(self, name: str) -> str:
        """A name that somebody may have.

        Raises:
            BadRequest: it cannot be used.
            Conflict: it is taken, if in other letters: people and services write Ann@firm.example as they like.
        """
        name = name.strip()
        if not NAME.fullmatch(name) or OURS.fullmatch(name):
            raise BadRequest(
                "This name cannot be used.", "Use up to 100 letters, digits, spaces, . @ + -.", param="name"
            )
        if self._called(name):
            raise _taken(name)
        return name

    def rename(self, user_id: str, name: str) -> dict[str, Any]:
        """Call a user otherwise.

        Raises:
            BadRequest: the name cannot be used.
            Conflict: the name is taken, or the user is the owner.
        """
        user = self.get(user_id)
        if user["id"] == OWNER_ID:
            raise Conflict("The owner keeps the name owner.", "Rename another user.", param="name")
        with self._database.begin() as connection:
            connection.execute(users.update().where(users.c.id == user_id).values(name=self._free(name)))
            record(connection, "user renamed", user_id, before=user["name"], after=name.strip())
        return self.get(user_id)

    def _insert(self, user_id: str, name: str, role: str) -> dict[str, Any]:
        row = {"id": user_id, "name": name, "role": role, "created_at": now()}
        try:
            with self._database.begin() as connection:
                connection.execute(users.insert().values(**row))
                record(connection, "user added", user_id, name=name, role=role)
        except IntegrityError as error:
            raise _taken(name) from error
        return row

    def owner(self) -> dict[str, Any]:
        """The owner of this machine, an admin; entered when first asked for."""
        for _ in range(2):  # another process may enter the row between our look and our insert
            if row := self._database.row(select(users).where(users.c.id == OWNER_ID)):
                return row
            try:
                return self._insert(OWNER_ID, OWNER_ID, "admin")
            except Conflict:
                continue
        raise Conflict(
            "A user named owner exists already.", "Rename that user: assistant users rename owner NAME."
        )

    def get(self, user_id: str) -> dict[str, Any]:
        """One user.

        Raises:
            Missing: no such user.
        """
        row = self._database.row(select(users).where(users.c.id == user_id))
        if row is None:
            raise Missing(f"There is no user {user_id}.", "List them: assistant users list.", param="user")
        return row

    def by_name(self, name: str) -> dict[str, Any]:
        """One user by name.

        Raises:
            Missing: no such user.
        """
        row = self._database.row(select(users).where(users.c.name == name.strip()))
        if row is None:
            raise Missing(f"There is no user named {name}.", "List them: assistant users list.", param="name")
        return row

    def list(self) -> list[dict[str, Any]]:
        """All users, in the order they came, without what their passwords are checked by."""
        rows = self._database.rows(select(users).order_by(users.c.created_at, users.c.id))
        return [
            {key: row[key] for key in ("id", "name", "role", "created_at")}
            | {"password": row["password_hash"] is not None, "sign_in": row["subject"] is not None}
            for row in rows
        ]

    def set_role(self, user_id: str, role: str) -> dict[str, Any]:
        """Give a user another role; it holds from their next call on."""
        user = self.get(user_id)
        if user["id"] == OWNER_ID:
            raise Conflict("The owner stays an admin.", "Change another user's role.", param="role")
        changed = users.update().where(users.c.id == user_id).values(role=check_role(role))
        with self._database.begin() as connection:
            connection.execute(changed)
            record(connection, "user's role changed", user_id, before=user["role"], after=role)
        return self.get(user_id)

    def set_password(self, user_id: str, password: str) -> None:
        """Let a user sign in with a password, and sign them out everywhere.

        Raises:
            Missing: no such user.
            BadRequest: the password is too short or too long.
        """
        self.get(user_id)
        hashed = passwords.hashed(password)
        with self._database.begin() as connection:
            connection.execute(users.update().where(users.c.id == user_id).values(password_hash=hashed))
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
            record(connection, "password set", user_id)

    def have_passwords(self) -> bool:
        """Whether anybody can sign in with a password."""
        return self._database.row(select(users.c.id).where(users.c.password_hash.is_not(None))) is not None

    def check_password(self, name: str, password: str) -> dict[str, Any]:
        """The user of this name and password. It takes as long where there is none, so that names cannot be tried.

        Raises:
            Unauthenticated: the name or the password is wrong.
        """
        row = self._database.row(select(users).where(users.c.name == name.strip()))
        known = row["password_hash"] if row else None
        if not passwords.fits(known, password) or row is None:
            record(self._database, "sign-in refused", row["id"] if row else "unknown user")
            raise Unauthenticated("The name or the password is wrong.", "Try again, or use a sign-in link.")
        if passwords.outdated(str(known)):
            newer = users.update().where(users.c.id == row["id"])
            self._database.run(newer.values(password_hash=passwords.hashed(password)))
        return row

    def signed_in_by(self, subject: str, name: str, role: str | None) -> dict[str, Any]:
        """The user whom another service has signed in.

        Args:
            subject: issuer and subject, which together mean one person for ever.
            name: what the service calls them, an e-mail address that it has verified; a user of that name who was never
                signed in by a service is taken to be the same person.
            role: of people who come for the first time; None lets nobody in who is not a user yet.

        Raises:
            Forbidden: nobody of that name is a user, and newcomers are not let in.
        """
        if row := self._database.row(select(users).where(users.c.subject == subject)):
            return row
        if known := self._called(name):
            free = (users.c.id == known["id"], users.c.subject.is_(None))
            if self._database.run(users.update().where(*free).values(subject=subject)):
                return self.get(known["id"])
        if role is None or known:
            raise Forbidden(f"{name} is no user here.", "Ask an admin: assistant users add.")
        user = self.add(name, role)
        self._database.run(users.update().where(users.c.id == user["id"]).values(subject=subject))
        return self.get(user["id"])

    def _called(self, name: str) -> dict[str, Any] | None:
        """The user of a name, in whatever case: services and admins write addresses as they like."""
        alike = [row for row in self.list() if row["name"].casefold() == name.casefold()]
        exact = [row for row in alike if row["name"] == name]
        return next(iter(exact or alike), None)

    def remove(self, user_id: str) -> None:
        """Take a user out: signed out everywhere, links dead, keys revoked."""
        if self.get(user_id)["id"] == OWNER_ID:
            raise Conflict("The owner cannot be removed.", "Remove another user.")
        with self._database.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
            connection.execute(delete(sign_in_links).where(sign_in_links.c.user_id == user_id))
            connection.execute(keys.update().where(keys.c.user_id == user_id).values(revoked_at=now()))
            connection.execute(delete(users).where(users.c.id == user_id))
            record(connection, "user removed", user_id)

    def link(self, user_id: str = OWNER_ID, hours: float = 24) -> str:
        """A token for a link that signs this user in, once.

        Args:
            user_id: who will be signed in; the owner where left out.
            hours: how long the link lives.
        """
        if user_id == OWNER_ID:
            self.owner()
        self.get(user_id)
        token = new_token()
        row = {"token_hash": fingerprint(token), "user_id": user_id, "expires_at": in_future(hours=hours)}
        with self._database.begin() as connection:
            connection.execute(delete(sign_in_links).where(sign_in_links.c.expires_at < now()))
            connection.execute(sign_in_links.insert().values(**row))
            record(connection, "sign-in link made", user_id, hours=hours)
        return token

    def redeem(self, token: str) -> dict[str, Any]:
        """Use a sign-in link up and return its user.

        Raises:
            Unauthenticated: unknown, used or too old.
        """
        link = sign_in_links.c
        open_link = (link.token_hash == fingerprint(token), link.used_at.is_(None), link.expires_at > now())
        with self._database.begin() as connection:
            used = connection.execute(sign_in_links.update().where(*open_link).values(used_at=now())).rowcount
            query = select(users).join(sign_in_links, link.user_id == users.c.id)
            row = connection.execute(query.where(link.token_hash == fingerprint(token))).mappings().first()
        if used != 1 or row is None:
            raise Unauthenticated(
                "This sign-in link has been used or is too old.",
                "Start the server again, or ask an admin for a new one.",
            )
        return dict(row)


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a user named {name} already.", "Choose another name.", "name")
