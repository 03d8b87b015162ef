"""``/artifacts``: pictures and reports, shown to their owner alone."""

import mimetypes
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse

from assistant.api.auth import App, Reader

router = APIRouter(prefix="/artifacts", tags=["artifacts"])
SHOWN = {".png", ".svg", ".html", ".json", ".txt"}
# A report is a page of ours in form only: it runs nothing, loads nothing and has no origin.
SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'; frame-ancestors 'self'"
)


@router.get("/{artifact_id}", response_class=FileResponse)
def show_artifact(artifact_id: str, app: App, who: Reader) -> FileResponse:
    """A picture or report that a conversation of the caller made."""
    path = Path(app.artifacts.get(artifact_id, who.user_id)["path"])
    shown = path.suffix.lower() in SHOWN
    kind = mimetypes.guess_type(path.name)[0] if shown else None
    return FileResponse(
        path,
        media_type=kind or "application/octet-stream",
        filename=None if shown else path.name,
        headers={"Content-Security-Policy": SANDBOX, "Cache-Control": "private, max-age=3600"},
    )
