"""``assistant users`` and ``assistant keys``: who may come in, and with what."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.command import command, group
from ui.cli.opened import opened, read_secret
from ui.cli.output import facts, table

if TYPE_CHECKING:
    from assistant.application import Application

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
    columns = {"name": "name", "role": "role", "id": "id", "password": "password", "created_at": "since"}
    return table(result["users"], columns, "Nobody yet.")


@command(users, "list", show=_users)
def list_users() -> dict[str, Any]:
    """List the people, in the order they came."""
    with opened() as application:
        return {"users": application.users.list()}


Name = Annotated[str, typer.Argument(help="The person's name.", metavar="NAME")]
NameOrId = Annotated[
    str, typer.Argument(help="The person's name; of one who was taken out, their id.", metavar="NAME")
]


@command(users, "link", show=lambda found: f"This signs {found['name']} in once:\n{found['link']}")
def link(name: Name) -> dict[str, Any]:
    """Make another one-time sign-in link."""
    with opened() as application:
        user = application.users.by_name(name)
        token = application.users.link(user["id"], hours=HOURS)
        return {"name": user["name"], "token": token, "link": f"/sign-in?token={token}"}


@command(users, "password", show=lambda user: f"{user['name']} signs in with the new password from now on.")
def password(name: Name) -> dict[str, Any]:
    """Set a person's password, typed or from stdin; all their browsers are signed out."""
    with opened() as application:
        user = application.users.by_name(name)
        application.users.set_password(user["id"], read_secret(f"New password of {user['name']}"))
        return {"id": user["id"], "name": user["name"]}


def _left(user: dict[str, Any]) -> str:
    """What is said of the keys that somebody has made, who may do less from now on."""
    left = ", ".join(f"{key['id']} ({key['role']})" for key in user["keys"])
    return f"\nKeys they made go on: {left}. To end one: assistant keys revoke ID" if left else ""


@command(users, "role", show=lambda user: f"{user['name']} is {user['role']}.{_left(user)}")
def role(
    name: Name, role: Annotated[str, typer.Argument(help="admin, member or viewer.", metavar="ROLE")]
) -> dict[str, Any]:
    """Give a person another role."""
    with opened() as application:
        user = application.users.set_role(application.users.by_name(name)["id"], role)
        return {key: user[key] for key in ("id", "name", "role")} | _keys_of(application, user["id"])


@command(users, "rename", show=lambda user: f"{user['id']} is {user['name']} now.")
def rename(
    name: NameOrId,
    new: Annotated[str, typer.Argument(help="What they are called from now on.", metavar="NEW")],
) -> dict[str, Any]:
    """Call a person otherwise."""
    with opened() as application:
        user = application.users.rename(application.rights.person(name)["id"], new)
        return {key: user[key] for key in ("id", "name", "role")}


def _removed(user: dict[str, Any]) -> str:
    return (
        f"{user['name']} is out, and signed out everywhere. Their conversations stay; to delete them too: "
        f"assistant users erase {user['id']}{_left(user)}"
    )


@command(users, "remove", show=_removed)
def remove(name: Name) -> dict[str, Any]:
    """Take a person out: sessions and keys are dead at once; their conversations stay (see erase)."""
    with opened() as application:
        user = application.users.by_name(name)
        application.users.remove(user["id"])
        return {"id": user["id"], "name": user["name"], **_keys_of(application, user["id"])}


def _keys_of(application: "Application", user_id: str) -> dict[str, Any]:
    """The keys that a user has made and that are not theirs."""
    left = application.keys.left_by(user_id)
    return {"keys": [{name: key[name] for name in ("id", "hint", "role", "scopes")} for key in left]}


def _exported(found: dict[str, Any]) -> str:
    return f"{found['conversations']:,} conversations and {found['files']:,} files are in {found['path']}."


@command(users, "export", show=_exported)
def export(
    name: NameOrId,
    path: Annotated[
        Path | None, typer.Argument(help="The zip to write; NAME-export.zip where left out.", metavar="FILE")
    ] = None,
) -> dict[str, Any]:
    """Write all that is kept about a person to a zip."""
    with opened() as application:
        user = application.rights.person(name)
        return application.rights.export(user, path or Path(f"{user['name']}-export.zip"))


def _erased(found: dict[str, Any]) -> str:
    return f"{found['conversations']:,} conversations, {found['files']:,} files and their account are gone."


@command(users, "erase", show=_erased)
def erase(name: NameOrId) -> dict[str, Any]:
    """Delete a person with their conversations, uploads and keys. There is no way back."""
    with opened() as application:
        return application.rights.erase(application.rights.person(name))


def _expired(found: dict[str, Any]) -> str:
    return (
        f"{found['conversations']:,} conversations, {found['files']:,} files, {found['visits']:,} visits and "
        f"{found['handoffs']:,} hand-offs are gone."
    )


@command(users, "expire", show=_expired)
def expire(
    days: Annotated[
        float | None,
        typer.Option(help="How old; ASSISTANT_RETENTION_DAYS where left out.", min=0.01, metavar="DAYS"),
    ] = None,
) -> dict[str, Any]:
    """Delete now what nobody has touched for so many days. There is no way back."""
    with opened() as application:
        from assistant.errors import BadRequest

        days = days or application.settings.retention_days
        if not days:
            raise BadRequest("Nobody said after how many days.", "Give --days.", "days")
        return application.rights.expire(days)


def _created(key: dict[str, Any]) -> str:
    told = {"id": "id", "role": "role", "origins": "origins", "scopes": "scopes", "expires_at": "expires"}
    shown = facts({label: key.get(name) for name, label in told.items()} | {"secret": key["secret"]})
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
    user: Annotated[
        str | None, typer.Option(help="Whose conversations and files it reaches; its own alone if left out.")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="A part of the API it is narrowed to; may be repeated.")
    ] = None,
    days: Annotated[
        float | None, typer.Option(help="After how many days it expires; never if left out.")
    ] = None,
) -> dict[str, Any]:
    """Make a key; its secret is shown once."""
    with opened() as application:
        from assistant.errors import BadRequest

        if widget and role:
            raise BadRequest(
                "A widget key has no role: it answers visitors.", "Leave --role or --widget out."
            )
        owner = application.users.by_name(user)["id"] if user else None
        return application.keys.create(role or "member", origin or (), owner, widget, scope or (), days)


def _keys(result: dict[str, Any]) -> str:
    columns = {"id": "id", "hint": "begins", "role": "role", "origins": "origins", "scopes": "scopes"}
    columns |= {
        "made_by": "made by",
        "created_at": "created",
        "expires_at": "expires",
        "revoked_at": "revoked",
    }
    return table(result["keys"], columns, "No keys yet. Make one: assistant keys create.")


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
