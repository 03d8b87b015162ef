"""``/v1/audit``: who did what to which object, when, and from where; for admins."""

from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import StreamingResponse

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


class Verified(BaseModel):
    """Whether the chain of hashes holds: how many entries there are, the first that does not fit, and the last one's
    hash."""

    entries: int
    intact: bool
    broken_at: int | None
    head: str


@router.get("/audit/verify")
def verify_entries(app: App, _admin: Admin) -> Verified:
    """Check that no entry was changed or taken out, as ``assistant audit verify`` does."""
    return Verified.model_validate(app.audit.verify())


@router.get(
    "/audit/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/jsonl": {}}, "description": "One entry a line, oldest first."}},
)
def export_entries(app: App, _admin: Admin) -> StreamingResponse:
    """The whole log as a file of JSON lines, as ``assistant audit export`` writes it."""
    named = {"Content-Disposition": 'attachment; filename="audit.jsonl"', "Cache-Control": "no-store"}
    lines = app.audit.lines()
    pages = iter(
        lambda: "".join(islice(lines, PAGE)), ""
    )  # a line each would cost a hop between threads each
    return StreamingResponse(pages, media_type="application/jsonl", headers=named)
