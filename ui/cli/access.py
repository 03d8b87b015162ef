"""``assistant users`` and ``assistant keys``: who may come in, and with what."""

from typing import Annotated, Any

import typer

from ui.cli.command import command, group
from ui.cli.opened import opened
from ui.cli.output import facts, table

users = group("People of the team.")
keys = group("API keys for programs and for the support widget.")
Role = Annotated[str, typer.Option(help="admin, member or viewer.")]
HOURS = 24


def _added(user: dict[str, Any]) -> str:
    return (
        f"{user['name']} ({user['role']}) is in. This signs them in once, within {HOURS} hours; put your server's "
        f"address before it:\n{user['link']}"
    )


@command(users, "add", show=_added)
def add_user(
    name: Annotated[str, typer.Argument(help="What the person is called.", metavar="NAME")],
    role: Role = "member",
) -> dict[str, Any]:
    """Enter a person and make their one-time sign-in link."""
    with opened() as application:
        user = application.users.add(name, role)
        token = application.users.link(user["id"], hours=HOURS)
        return {**user, "token": token, "link": f"/sign-in?token={token}"}


def _users(result: dict[str, Any]) -> str:
    columns = {"name": "name", "role": "role", "id": "id", "created_at": "since"}
    return table(result["users"], columns, "Nobody yet.")


@command(users, "list", show=_users)
def list_users() -> dict[str, Any]:
    """List the people, in the order they came."""
    with opened() as application:
        return {"users": application.users.list()}


def _created(key: dict[str, Any]) -> str:
    shown = facts({"id": key["id"], "role": key["role"], "origins": key["origins"], "secret": key["secret"]})
    return f"{shown}\n\nKeep the secret now: it is shown this once."


@command(keys, show=_created)
def create(
    role: Annotated[str | None, typer.Option(help="admin, member or viewer; member where left out.")] = None,
    widget: Annotated[
        bool, typer.Option("--widget", help="A publishable key for the support widget.")
    ] = False,
    origin: Annotated[
        list[str] | None, typer.Option(help="A page's origin the widget key answers; may be repeated.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Whose key it is; yours where left out.")] = None,
) -> dict[str, Any]:
    """Make a key; its secret is shown once."""
    with opened() as application:
        from assistant.access.principal import OWNER_ID
        from assistant.errors import BadRequest

        if widget and role:
            raise BadRequest(
                "A widget key has no role: it answers visitors.", "Leave --role or --widget out."
            )
        owner = application.users.by_name(user)["id"] if user else OWNER_ID
        return application.keys.create(role or "member", origin or (), owner, widget)


def _keys(result: dict[str, Any]) -> str:
    columns = {"id": "id", "hint": "begins", "role": "role", "origins": "origins", "created_at": "created"}
    return table(
        result["keys"], columns | {"revoked_at": "revoked"}, "No keys yet. Make one: assistant keys create."
    )


@command(keys, "list", show=_keys)
def list_keys() -> dict[str, Any]:
    """List the keys without their secrets, newest first."""
    with opened() as application:
        return {"keys": application.keys.list()}


@command(keys, show=lambda key: f"{key['id']} is revoked.")
def revoke(key: Annotated[str, typer.Argument(help="The key's id.", metavar="ID")]) -> dict[str, Any]:
    """Make a key useless from now on."""
    with opened() as application:
        return application.keys.revoke(key)
