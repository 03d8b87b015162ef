"""The people of the team, and the one-time links that sign them in."""

import re
import secrets
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from assistant.access.principal import OWNER_ID
from assistant.access.roles import check_role
from assistant.access.tokens import fingerprint, in_future, new_token
from assistant.errors import BadRequest, Conflict, Missing, Unauthenticated
from assistant.store.database import Database
from assistant.store.schema import keys, now, sessions, sign_in_links, users

NAME = re.compile(r"[\w][\w .@+-]{0,99}")


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
            name: up to 100 letters, digits, spaces and ``.@+-``; unique.
            role: admin, member or viewer.

        Raises:
            BadRequest: the name or role cannot be used.
            Conflict: the name is taken.
        """
        name = name.strip()
        if not NAME.fullmatch(name):
            raise BadRequest(
                "This name cannot be used.", "Use up to 100 letters, digits, spaces, . @ + -.", param="name"
            )
        return self._insert(f"user-{secrets.token_hex(6)}", name, check_role(role))

    def _insert(self, user_id: str, name: str, role: str) -> dict[str, Any]:
        row = {"id": user_id, "name": name, "role": role, "created_at": now()}
        try:
            self._database.run(users.insert().values(**row))
        except IntegrityError as error:
            raise Conflict(
                f"There is a user named {name} already.", "Choose another name.", "name"
            ) from error
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
        raise Conflict("A user named owner exists already.", "Rename that user and start again.")

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
        """All users, in the order they came."""
        return self._database.rows(select(users).order_by(users.c.created_at, users.c.id))

    def set_role(self, user_id: str, role: str) -> dict[str, Any]:
        """Give a user another role; it holds from their next call on."""
        user = self.get(user_id)
        if user["id"] == OWNER_ID:
            raise Conflict("The owner stays an admin.", "Change another user's role.", param="role")
        self._database.run(users.update().where(users.c.id == user_id).values(role=check_role(role)))
        return self.get(user_id)

    def remove(self, user_id: str) -> None:
        """Take a user out: signed out everywhere, links dead, keys revoked."""
        if self.get(user_id)["id"] == OWNER_ID:
            raise Conflict("The owner cannot be removed.", "Remove another user.")
        with self._database.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
            connection.execute(delete(sign_in_links).where(sign_in_links.c.user_id == user_id))
            connection.execute(keys.update().where(keys.c.user_id == user_id).values(revoked_at=now()))
            connection.execute(delete(users).where(users.c.id == user_id))

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
