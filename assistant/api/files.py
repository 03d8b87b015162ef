"""``/v1/files``: uploads, which datasets and documents are made of.

A team shares what is for fine-tuning. What is for conversations (``assistants``) is found by whoever uploaded it,
and by admins.
"""

from typing import Annotated, Any, Literal

import anyio.to_thread
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse

from assistant.access.principal import Principal
from assistant.api.auth import App, Reader, Uploader
from assistant.api.fields import Body, Name
from assistant.api.lanes import in_turn
from assistant.api.models import seconds
from assistant.application import Application
from assistant.errors import BadRequest, Missing
from assistant.workspace.scrubbing import scrubbed_copy

router = APIRouter(prefix="/v1/files", tags=["files"])
PURPOSES = ("fine-tune", "assistants")
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "purpose": {"type": "string", "enum": list(PURPOSES)},
                    },
                }
            }
        },
    }
}


class File(BaseModel):
    """An uploaded file."""

    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: Literal["processed"] = "processed"


class FileList(BaseModel):
    """Uploaded files, newest first unless asked otherwise."""

    object: Literal["list"] = "list"
    data: list[File]
    has_more: bool = False
    first_id: str | None = None
    last_id: str | None = None


class DeletedFile(BaseModel):
    """A file that is gone."""

    id: str
    object: Literal["file"] = "file"
    deleted: bool = True


def _shown(row: dict[str, Any]) -> File:
    return File(
        id=row["id"],
        bytes=row["bytes"],
        created_at=seconds(row["created_at"]) or 0,
        filename=row["name"],
        purpose=row["purpose"],
    )


@router.post("", response_model=File, openapi_extra=FORM)
async def create_file(request: Request, app: App, who: Uploader) -> File:
    """Upload a file as ``multipart/form-data`` with the fields ``file`` and ``purpose``."""
    # The form is read here, not by a parameter, so that nobody's upload is taken before we know who they are.
    async with request.form(max_files=1, max_fields=8) as form:
        file, purpose = form.get("file"), form.get("purpose")
        if not isinstance(file, UploadFile) or not file.filename:
            raise BadRequest("The form has no file.", "Send it as the field file.", param="file")
        if purpose not in PURPOSES:
            hint = f"Use {' or '.join(PURPOSES)}."
            raise BadRequest("The purpose of the file is not one we know.", hint, param="purpose")
        row = await anyio.to_thread.run_sync(_save, app, who, file, str(purpose))
    return _shown(row)


def _save(app: Application, who: Principal, file: UploadFile, purpose: str) -> dict[str, Any]:
    return app.files.save(file.filename or "", file.file, who.user_id, purpose)


@router.get("")
def list_files(
    app: App,
    who: Reader,
    purpose: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    order: Literal["asc", "desc"] = "desc",
    after: Annotated[str | None, Query(max_length=255)] = None,
) -> FileList:
    """The uploaded files."""
    rows = [row for row in app.files.all(who) if purpose in (None, row["purpose"])]
    if order == "asc":
        rows.reverse()
    page, more = paged(rows, after, limit)
    files = [_shown(row) for row in page]
    first, last = (files[0].id, files[-1].id) if files else (None, None)
    return FileList(data=files, has_more=more, first_id=first, last_id=last)


def paged(rows: list[dict[str, Any]], after: str | None, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """The rows that follow the one with id ``after``, at most ``limit``, and whether there are more.

    Raises:
        Missing: no row has that id.
    """
    if after:
        ids = [row["id"] for row in rows]
        if after not in ids:
            raise Missing(f"There is nothing with the id {after} to go on from.", param="after")
        rows = rows[ids.index(after) + 1 :]
    return rows[:limit], len(rows) > limit


@router.get("/{file_id}")
def retrieve_file(file_id: str, app: App, who: Reader) -> File:
    """One file's description."""
    return _shown(app.files.get(file_id, who))


@router.get(
    "/{file_id}/content",
    response_class=FileResponse,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The file's bytes."}},
)
def file_content(file_id: str, app: App, who: Reader) -> FileResponse:
    """One file's bytes, always as a download: nothing uploaded is shown as a page of ours."""
    row, path = app.files.opened(file_id, who)
    return FileResponse(path, media_type="application/octet-stream", filename=row["name"])


class ScrubRequest(Body):
    """What the copy is called (CSV, TSV or JSON lines, by its ending), what takes the place of personal data, and in
    which columns; in all texts but the labels where left out."""

    out: Name | None = None
    operator: Literal["pseudonym", "replace", "mask", "hash", "surrogate"] = "pseudonym"
    columns: list[Name] | None = None


class Scrubbed(BaseModel):
    """What ``assistant data scrub`` tells; ``file`` is the id of the copy, an upload of its own."""

    file: str
    filename: str
    rows: int
    changed: int
    entities: dict[str, int]
    columns: list[str]
    left: list[str]
    warnings: list[str]


@router.post("/{file_id}/scrub", dependencies=[Depends(in_turn("scrub"))])
def scrub_file(file_id: str, app: App, who: Uploader, body: ScrubRequest | None = None) -> Scrubbed:
    """Make a copy of a dataset without the personal data in its texts, as ``assistant data scrub`` does."""
    wanted, row = body or ScrubRequest(), app.files.get(file_id, who)
    copy, found = scrubbed_copy(app.workspace(who), row["id"], wanted.out, wanted.operator, wanted.columns)
    return Scrubbed.model_validate({**found, "file": copy["id"], "filename": copy["name"]})


@router.delete("/{file_id}")
def delete_file(file_id: str, app: App, who: Uploader) -> DeletedFile:
    """Delete a file. Models trained on it stay."""
    app.files.delete(file_id, who)
    return DeletedFile(id=file_id)
