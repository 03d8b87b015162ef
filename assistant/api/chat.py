"""``/v1/chat/completions``: the assistant, or a deployed text-generation model, for any OpenAI client.

The assistant takes three fields beyond OpenAI's (``extra_body`` in its Python client): ``thread`` goes on with a
conversation; ``files`` attaches uploads by name or id; ``approve`` answers the open approval (or grants those to come),
as ``yes`` and ``no`` in words do. Without ``thread``, the messages sent along say where the conversation stands.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from assistant.access.principal import Principal
from assistant.agent.events import Event, Token
from assistant.agent.outcome import Outcome
from assistant.api.auth import App, Talker
from assistant.api.completion import ChatCompletion, ChatRequest, Message, tokens
from assistant.api.fields import listed
from assistant.api.histories import Histories
from assistant.api.models import ASSISTANT, VERSION, caller_key, route
from assistant.api.talk import Talk, answered
from assistant.application import Application
from assistant.errors import BadRequest
from assistant.workspace.references import read
from tools.serving.routes import route_of

if TYPE_CHECKING:
    from tools.finetune.tasks.text_generation import Ending

router = APIRouter(prefix="/v1/chat", tags=["chat"])
SMALLEST = 1e-6  # of top_p, which engines want above 0
Pieces = Generator[str, None, "Ending | None"]


@router.post(
    "/completions",
    response_model=ChatCompletion,
    responses={200: {"content": {"text/event-stream": {}}, "description": "The answer, whole or as events."}},
)
async def create_chat_completion(
    body: ChatRequest, request: Request, response: Response, app: App, who: Talker
) -> Any:
    """Answer a conversation, whole or streamed."""
    talk = await run_in_threadpool(_talk, app, who, body, request.app.state.histories)
    request.state.kept = talk.version is None  # see :mod:`assistant.api.retries`
    answer = await answered(talk, request)
    if talk.version:
        headers = answer.headers if isinstance(answer, Response) else response.headers
        headers[VERSION] = talk.version
    return answer


def _talk(app: Application, who: Principal, body: ChatRequest, histories: Histories) -> Talk:
    if body.model.lower() == ASSISTANT:
        return _agent(app, who, body, histories)
    return _model(app, who, body)


def _agent(app: Application, who: Principal, body: ChatRequest, histories: Histories) -> Talk:
    earlier, message = split(body.messages)
    thread = body.thread or histories.find(who.user_id, earlier)
    files = [_file_name(app, who, name) for name in body.files or []]
    if not (message.strip() or files or body.approve is not None):
        raise BadRequest("The last user message is empty.", "Ask something.", param="messages")

    def events() -> Iterator[Event]:
        begins = earlier if any(role == "assistant" for role, _ in earlier) else []
        decision = _decision(app, thread, body.approve)
        grant = body.approve is True and decision is None
        return app.agent.turn(who, message, thread, files, decision, auto_approve=grant, earlier=begins)

    def noted(outcome: Outcome) -> None:
        said = [*earlier, ("user", message), ("assistant", outcome.reply)]
        histories.keep(who.user_id, said, outcome.thread or "")

    return Talk(body, ASSISTANT, events, noted, _asked(body))


def _asked(body: ChatRequest) -> int:
    return sum(tokens(message.text) for message in body.messages)


def split(messages: list[Message]) -> tuple[list[tuple[str, str]], str]:
    """What was said before, and what the user says now (all their messages since the last answer).

    System messages are left out: the assistant keeps to its own instructions.

    Raises:
        BadRequest: the last word is not the user's.
    """
    said: list[tuple[str, str]] = [
        (each.role, each.text) for each in messages if each.role in ("user", "assistant")
    ]
    if not said or said[-1][0] != "user":
        raise BadRequest("The last message is not the user's.", "End with a user message.", param="messages")
    last = max((i for i, (role, _) in enumerate(said) if role == "assistant"), default=-1) + 1
    return said[:last], "\n".join(text for _, text in said[last:])


def _file_name(app: Application, who: Principal, name: str) -> str:
    row = app.files.by_name(name, who)
    if row is None:
        raise BadRequest(f"There is no file {name}.", "Upload it at /v1/files first.", param="files")
    return row["name"]


def _decision(app: Application, thread: str | None, approve: bool | None) -> dict[str, Any] | None:
    waiting = app.agent.approvals.open(thread) if thread and approve is not None else None
    return {"approval": waiting["id"], "answer": "yes" if approve else "no"} if waiting else None


def _model(app: Application, who: Principal, body: ChatRequest) -> Talk:
    # By what was said first, so that a conversation stays with one version of the model.
    way = route(app, body.model, caller_key(who, body.user, _opening(body.messages)))
    entry = way.entry
    if entry.task != "text-generation":
        raise BadRequest(
            f"{entry.name} is a model for {entry.task} and does not chat.",
            f"Ask it at {route_of(entry.task)}.",
            param="model",
        )
    messages = [_spoken(each) for each in body.messages]
    _check_plain(body)
    wishes = {
        "max_tokens": body.max_completion_tokens or body.max_tokens or 256,
        "temperature": body.temperature or 0.0,
        "top_p": None if body.top_p is None else max(body.top_p, SMALLEST),
        "stop": [each for each in listed(body.stop or []) if each],
        "seed": body.seed,
    }

    def pieces(predictor: Any, caller: str) -> Pieces:
        return predictor.generate(messages, **wishes, caller=caller)

    def again(predictor: Any) -> list[dict[str, Any]]:
        return [{"text": "".join(pieces(predictor, ""))}]

    def events() -> Iterator[Event]:
        said = []
        with way.watched(again, sum(len(each["content"]) for each in messages)) as told:
            answer = _kept(pieces(app.predictors.get(entry.path), who.key_id or who.user_id), talk)
            for text in answer:
                said.append(text)
                yield Token(text)
            told([{"text": "".join(said)}])

    talk = Talk(body, str(read(body.model)), events, asked=_asked(body), version=entry.pinned)
    return talk


def _check_plain(body: ChatRequest) -> None:
    """See that a model that only writes is asked for nothing else.

    Raises:
        BadRequest: it is.
    """
    if body.tools and body.tool_choice != "none":
        raise BadRequest(
            "This model calls no tools.", "Leave tools out, or ask the assistant.", param="tools"
        )
    if body.response_format and body.response_format.get("type", "text") != "text":
        raise BadRequest(
            "This model writes plain text and keeps to no format.",
            "Leave response_format out, and ask for the form in a message.",
            param="response_format",
        )


def _kept(pieces: Pieces, talk: Talk) -> Iterator[str]:
    """The pieces of an answer; how it ended is kept."""
    talk.ending = yield from pieces


def _opening(messages: list[Message]) -> str:
    """What was said up to the user's first message."""
    first = next((i for i, each in enumerate(messages) if each.role == "user"), 0)
    return "\n".join(each.text for each in messages[: first + 1])


def _spoken(message: Message) -> dict[str, str]:
    """A message as chat templates know it: they have system, user and assistant."""
    if message.role in ("tool", "function"):
        raise BadRequest("This model calls no tools.", "Leave tool messages out.", param="messages")
    role = "system" if message.role == "developer" else message.role
    return {"role": role, "content": message.text}
