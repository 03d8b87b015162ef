"""What each role may do. A tool's risk (read, act, approve) is an action too."""

from assistant.access.principal import Principal
from assistant.errors import BadRequest, Forbidden

ACTIONS = {
    "ask": "ask the knowledge base",
    "chat": "chat",
    "read": "look at data and models",
    "api": "call the API",
    "upload": "upload files",
    "act": "change things",
    "approve": "approve actions",
    "manage": "manage users and keys",
}
_VISITOR = {"ask", "chat", "read"}  # their agent holds search_knowledge alone; see assistant.agent.binder
_VIEWER = _VISITOR | {"api"}
_MEMBER = _VIEWER | {"upload", "act", "approve"}
MAY = {"visitor": _VISITOR, "viewer": _VIEWER, "member": _MEMBER, "admin": _MEMBER | {"manage"}}
ROLES = ("admin", "member", "viewer")  # what people and secret keys can have, highest first


def may(principal: Principal, action: str) -> bool:
    """Whether the caller's role includes an action of :data:`ACTIONS`.

    Raises:
        ValueError: there is no such action (a fault of the program, so never silently a no).
    """
    if action not in ACTIONS:
        raise ValueError(f"unknown action {action!r}")
    return action in MAY.get(principal.role, set())


def allow(principal: Principal, action: str) -> None:
    """Let the caller pass, or say why not.

    Raises:
        Forbidden: the role does not include the action.
    """
    if not may(principal, action):
        raise Forbidden(
            f"The role {principal.role} may not {ACTIONS[action]}.",
            "Ask an admin of your team for another role.",
        )


def check_role(role: str) -> str:
    """A role as it is stored.

    Raises:
        BadRequest: there is no such role.
    """
    if role not in ROLES:
        raise BadRequest(f"There is no role {role}.", f"Use {', '.join(ROLES)}.", param="role")
    return role


def lower_of(one: str, other: str) -> str:
    """The role that may do less."""
    return max(one, other, key=ROLES.index)
