"""``/v1/audit``: who did what to which object, when, and from where; for admins."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from assistant.access.audit import PAGE
from assistant.api.auth import Admin, App
from assistant.api.fields import FreeName

router = APIRouter(prefix="/v1", tags=["audit"])


class Entries(BaseModel):
    """Entries of the audit log, newest first; the last one's number is ``before`` of the next page."""

    object: str = "list"
    data: list[dict[str, Any]]
    has_more: bool


@router.get("/audit")
def list_entries(
    app: App,
    _admin: Admin,
    limit: Annotated[int, Query(ge=1, lt=PAGE)] = 100,
    before: Annotated[int | None, Query(ge=1, lt=1 << 31)] = None,
    user: FreeName | None = None,
    action: FreeName | None = None,
) -> Entries:
    """List what was done, newest first, as ``assistant audit list`` does; ``action`` is how it begins: "key"."""
    rows = app.audit.entries(limit + 1, before, user or None, action or None)
    return Entries(data=rows[:limit], has_more=len(rows) > limit)
