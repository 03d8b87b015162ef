"""``/v1/conversations``: the caller's conversations with the assistant: read, taken up at an earlier message, deleted.

What OpenAI's API has too takes its client unchanged (``client.conversations.retrieve``, ``.items.list``, ``.delete``).
An answer asked for once more (``retry``) and a message put in other words (``edit``) are answered as by
``/v1/chat/completions``, streamed or not. What was done meanwhile is not undone; ``assistant.stands`` tells of it.
"""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from assistant.access.audit import record
from assistant.agent.finding import found
from assistant.agent.history import Entry
from assistant.agent.outcome import public
from assistant.agent.running import Turn
from assistant.agent.sharing import as_json, as_markdown
from assistant.api.auth import App, Talker
from assistant.api.completion import ChatCompletion, Wanted
from assistant.api.fields import Body, Name, Text
from assistant.api.files import paged
from assistant.api.models import ASSISTANT, seconds
from assistant.api.shapes import ExportedConversation
from assistant.api.talk import Talk, answered
from assistant.errors import BadRequest

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])
Id = Annotated[str, Path(max_length=255)]
After = Annotated[str | None, Query(max_length=255)]
ANSWERS: dict[str, Any] = {
    "response_model": ChatCompletion,
    "responses": {
        200: {"content": {"text/event-stream": {}}, "description": "The answer, whole or as events."}
    },
}


class Conversation(BaseModel):
    """A conversation, in OpenAI's shape; its title and when it was used last stand beside."""

    id: str
    object: Literal["conversation"] = "conversation"
    created_at: int
    metadata: dict[str, str] = {}
    title: str
    updated_at: int


class ConversationList(BaseModel):
    """Conversations, the last used first."""

    object: Literal["list"] = "list"
    data: list[Conversation]
    has_more: bool


class Deleted(BaseModel):
    """A conversation that is gone."""

    id: str
    object: Literal["conversation.deleted"] = "conversation.deleted"
    deleted: Literal[True] = True


class ItemList(BaseModel):
    """What was said and done, in the shapes of OpenAI's items: messages, function calls and their outputs."""

    object: Literal["list"] = "list"
    data: list[dict[str, Any]]
    first_id: str | None
    last_id: str | None
    has_more: bool


class RenameRequest(Body):
    """A conversation's new title."""

    title: Annotated[Text, Field(min_length=1, max_length=200)]


class Shared(BaseModel):
    """Where others of the team read a conversation; ``path`` is null where they cannot."""

    id: str
    object: Literal["conversation.share"] = "conversation.share"
    path: str | None = None


class RetryRequest(Wanted):
    """How the last message is answered once more; ``approve`` grants approvals as they come."""

    approve: bool | None = None


class EditRequest(RetryRequest):
    """What the user says instead: ``message`` is a message's id, the last one of the user where left out."""

    content: Text
    message: Annotated[Name | None, Field(description="the user's last message where left out")] = None


@router.get("")
def list_conversations(
    app: App,
    who: Talker,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
    query: Annotated[str, Query(max_length=200)] = "",
) -> ConversationList:
    """The caller's conversations, the last used first; those that hold all words of a query, where there is one."""
    page, more = paged(found(app.agent, who, query), after, limit)
    return ConversationList(data=[_shown(row) for row in page], has_more=more)


@router.get("/{conversation_id}")
def retrieve_conversation(conversation_id: Id, app: App, who: Talker) -> Conversation:
    """One conversation of the caller."""
    return _shown(app.agent.threads.get(conversation_id, who.user_id))


@router.post("/{conversation_id}")
def rename_conversation(conversation_id: Id, body: RenameRequest, app: App, who: Talker) -> Conversation:
    """Give a conversation another title; personal data in it is taken out."""
    title = str(app.redactor.redact(body.title)["text"])
    return _shown(app.agent.threads.rename(conversation_id, who.user_id, title))


@router.get(
    "/{conversation_id}/export",
    response_class=Response,
    responses={200: {"model": ExportedConversation, "content": {"text/markdown": {}}}},
)
def export_conversation(
    conversation_id: Id, app: App, who: Talker, form: Literal["markdown", "json"] = "markdown"
) -> Response:
    """A conversation as a file: Markdown for people, JSON for programs."""
    row, lines = app.agent.threads.get(conversation_id, who.user_id), app.agent.history(who, conversation_id)
    record(app.database, "conversation exported", conversation_id, who.user_id, form=form)
    if form == "json":
        content, kind, ending = as_json(row, lines), "application/json", "json"
    else:
        content, kind, ending = as_markdown(row["title"], lines), "text/markdown; charset=utf-8", "md"
    name = f'attachment; filename="{row["id"]}.{ending}"'
    return Response(
        content, media_type=kind, headers={"Content-Disposition": name, "Cache-Control": "no-store"}
    )


@router.post("/{conversation_id}/share")
def share_conversation(conversation_id: Id, app: App, who: Talker) -> Shared:
    """Let whoever is signed in and has the link read a conversation."""
    return Shared(id=conversation_id, path=f"/shared/{app.shares.share(conversation_id, who.user_id)}")


@router.delete("/{conversation_id}/share")
def unshare_conversation(conversation_id: Id, app: App, who: Talker) -> Shared:
    """End the sharing of a conversation: its link is dead."""
    app.shares.end(conversation_id, who.user_id)
    return Shared(id=conversation_id)


@router.delete("/{conversation_id}")
def delete_conversation(conversation_id: Id, app: App, who: Talker) -> Deleted:
    """Delete a conversation with all that was said in it."""
    app.agent.forget(who, conversation_id)
    return Deleted(id=conversation_id)


@router.get("/{conversation_id}/items")
def list_items(
    conversation_id: Id,
    app: App,
    who: Talker,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
) -> ItemList:
    """What was said and done in a conversation, the newest first."""
    items = [item for entry in app.agent.history(who, conversation_id) for item in _items(entry)]
    page, more = paged(items if order == "asc" else items[::-1], after, limit)
    ends = [page[0]["id"], page[-1]["id"]] if page else [None, None]
    return ItemList(data=page, first_id=ends[0], last_id=ends[1], has_more=more)


@router.post("/{conversation_id}/retry", **ANSWERS)
async def retry_answer(
    conversation_id: Id, body: RetryRequest, request: Request, app: App, who: Talker
) -> Any:
    """Answer the last message once more; the answer it got is taken back. What was done is not undone."""

    def turn() -> Turn:
        return app.agent.retry(who, conversation_id, auto_approve=body.approve is True)

    return await answered(Talk(body, ASSISTANT, turn, _noted), request)


@router.post("/{conversation_id}/edit", **ANSWERS)
async def edit_message(
    conversation_id: Id, body: EditRequest, request: Request, app: App, who: Talker
) -> Any:
    """Put other words in the place of a message; what followed it is taken back. What was done is not undone."""
    if not body.content.strip():
        raise BadRequest("The message is empty.", "Say something else instead.", param="content")

    def turn() -> Turn:
        granted = body.approve is True
        return app.agent.edit(who, conversation_id, body.message, body.content, auto_approve=granted)

    return await answered(Talk(body, ASSISTANT, turn, _noted), request)


def _noted(_outcome: Any) -> None:
    """Nothing to remember: the caller names the conversation."""


def _shown(row: dict[str, Any]) -> Conversation:
    return Conversation(
        id=row["id"],
        created_at=seconds(row["created_at"]) or 0,
        title=row["title"],
        updated_at=seconds(row["updated_at"]) or 0,
    )


def _items(entry: Entry) -> list[dict[str, Any]]:
    if entry.role == "tool":
        about = {"call_id": entry.id, "status": "completed"}
        arguments, output = (
            json.dumps(public(each), ensure_ascii=False) for each in (entry.args, entry.result)
        )
        return [
            {"id": entry.id, "type": "function_call", **about, "name": entry.name, "arguments": arguments},
            {"id": f"{entry.id}-output", "type": "function_call_output", **about, "output": output},
        ]
    content: dict[str, Any] = {"type": "input_text", "text": entry.text}
    if entry.role == "assistant":
        content = {"type": "output_text", "text": entry.text, "annotations": []}
    status = "incomplete" if entry.stopped else "completed"
    item = {"id": entry.id, "type": "message", "role": entry.role, "status": status, "content": [content]}
    return [{**item, "files": entry.files} if entry.files else item]
