"""Requests that make something and are sent again, because the answer was lost, make it once.

As at Stripe (docs.stripe.com/api/idempotent_requests), a client sends a header ``Idempotency-Key`` of its own making.
The same key of the same caller with the same request gets the first answer again, for 24 hours. Errors, which made
nothing, are not kept, nor is what a model that only writes has written. Of the assistant's answers, streamed ones too,
those of a conversation that is deleted go with it.

A request that took too long (504) is done to its end all the same: who asks again gets 409 until then, and then its
answer, and nothing is done twice.
"""

import asyncio
import hashlib
import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.access.tokens import fingerprint
from assistant.api.auth import known
from assistant.api.errors import respond
from assistant.application import Application
from assistant.logs import log
from assistant.store.kept_answers import KeptAnswers
from knowledge.errors import TeachingError

PATHS = (
    "/v1/chat/completions",
    "/v1/conversations/",
    "/v1/files",
    "/v1/fine_tuning/",
    "/v1/knowledge/sources",
    "/v1/knowledge/jobs",
    "/v1/knowledge/reindex",
    "/v1/knowledge/learn",
    "/v1/knowledge/rollback",
    "/v1/registry/",
)
LONGEST = 255  # characters of a key
MOST = 1 << 20  # bytes of an answer that is kept
KEPT = "kept"  # in a request's state, set by its route: whether the answer is, as it is where nothing is said
REPLAYED = "Idempotent-Replayed"
ENDED = b"data: [DONE]\n\n"  # the end of a stream that nothing went wrong in
BOUNDARY = re.compile(r'boundary="?([^";]+)')
HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST,
        "description": "Made up by the client: sent again with it, the request is done once and answered alike.",
    },
}


def describe(paths: dict[str, Any]) -> None:
    """Tell of the header where it is heeded.

    Args:
        paths: those of an OpenAPI document.
    """
    for path, verbs in paths.items():
        if path.startswith(PATHS) and "post" in verbs:
            told = verbs["post"].setdefault("parameters", [])
            if HEADER not in told:
                told.append(HEADER)


class Retries:
    """Answers a request that was answered before as it was answered then.

    Args:
        app: the application inside.
        application: whose answers are kept.
    """

    def __init__(self, app: ASGIApp, application: Application):
        self._app, self._application = app, application
        self._kept = KeptAnswers(application.database)
        self._under_way: dict[str, asyncio.Task[None]] = {}  # in this process, however long they take

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        posted = scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(PATHS)
        named = Headers(scope=scope).get("idempotency-key") if posted else None
        who = await self._caller(scope) if named else None
        if named is None or who is None:  # the routes say what is wrong with the caller
            await self._app(scope, receive, send)
            return
        if not 0 < len(named) <= LONGEST:
            refusal = f"An Idempotency-Key has 1 to {LONGEST} characters. A random UUID does."
            await respond(refusal, 400, "invalid_request")(scope, receive, send)
            return
        key, asked = fingerprint(f"{who}\0{named}"), _Asked(scope, receive)
        going = key in self._under_way
        before = {"status": None} if going else await run_in_threadpool(self._kept.begin, key)
        if before:
            await (await _again(before, asked))(scope, receive, send)
        else:
            await self._first(key, asked, scope, send)

    async def _caller(self, scope: Scope) -> str | None:
        try:
            who = await known(Request(scope), self._application)
        except TeachingError:
            return None
        return f"{who.key_id or ''} {who.user_id}"  # visitors of a page share a key

    async def _first(self, key: str, asked: "_Asked", scope: Scope, send: Send) -> None:
        said = _Said(send)
        work = self._under_way[key] = asyncio.ensure_future(self._done(key, asked, said, scope))
        work.add_done_callback(lambda _: self._under_way.pop(key, None))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            if not scope["state"].get(KEPT, True):
                work.cancel()
                raise
            asked.given_up = said.given_up = True
            work.add_done_callback(_told)
            raise

    async def _done(self, key: str, asked: "_Asked", said: "_Said", scope: Scope) -> None:
        try:
            await self._app(scope, asked.receive, said.send)
        finally:
            if scope["state"].get(KEPT, True) and (answer := said.answer):
                await run_in_threadpool(self._kept.keep, key, request=asked.digest, **answer)
            else:
                await run_in_threadpool(self._kept.drop, key)


def _told(work: asyncio.Task[None]) -> None:
    if not work.cancelled() and (error := work.exception()):
        log().error("request failed after it was given up", exc_info=error)


async def _again(before: dict[str, Any], asked: "_Asked") -> Response:
    """What is answered to a request whose key was used before."""
    if before["status"] is None:
        told = "A request with this Idempotency-Key is being answered. Send it again in a moment."
        return respond(told, 409, "idempotency_key_in_use", headers={"Retry-After": "1"})
    await asked.read()
    if asked.digest != before["request"]:
        told = "This Idempotency-Key was used for another request. Use a new one for each thing to be made."
        return respond(told, 422, "idempotency_key_reused")
    headers = {"Content-Type": before["kind"], REPLAYED: "true"}
    return Response(before["body"], before["status"], headers)


class _Asked:
    """A request's body on its way in, and what tells it from others: a hash of path, query and body.

    The boundary of a form is another one each time a client sends it, so it does not count.

    Attributes:
        given_up: the client was answered that it took too long. It may ask again, so it has not left.
    """

    def __init__(self, scope: Scope, receive: Receive):
        self._receive, self._rest = receive, b""
        self.given_up = self._whole = False
        kind = Headers(scope=scope).get("content-type", "")
        found = BOUNDARY.search(kind)
        self._boundary = found[1].encode("latin-1") if found and kind.startswith("multipart/") else b""
        self._hash = hashlib.sha256(f"{scope['path']}?{scope['query_string']!r}\n".encode())

    @property
    def digest(self) -> str:
        """The hash of what came so far."""
        whole = self._hash.copy()
        whole.update(self._rest)
        return whole.hexdigest()

    async def receive(self) -> Message:
        """The next message."""
        message = await self._receive()
        if message["type"] == "http.disconnect" and self.given_up and self._whole:
            await asyncio.Event().wait()  # until whoever listens no longer does
        self._whole = message["type"] == "http.request" and not message.get("more_body", False)
        self._take(message.get("body", b""))
        return message

    async def read(self) -> None:
        """Take all that comes."""
        while (await self.receive()).get("more_body", False):
            pass

    def _take(self, body: bytes) -> None:
        if not self._boundary:
            self._hash.update(body)
            return
        *parts, rest = (self._rest + body).split(self._boundary)
        for part in parts:
            self._hash.update(part)
        sure = max(0, len(rest) - len(self._boundary) + 1)  # a boundary may begin in what follows
        self._hash.update(rest[:sure])
        self._rest = rest[sure:]


class _Said:
    """An answer on its way out; where it is ``given_up``, to be kept alone."""

    def __init__(self, send: Send):
        self._send, self._whole, self.given_up = send, False, False
        self._status, self._headers, self._body = 0, Headers(), b""

    @property
    def answer(self) -> dict[str, Any] | None:
        """The answer where it made something and is whole."""
        kind = self._headers.get("content-type", "")
        told = kind.startswith(JSONResponse.media_type) or self._body.endswith(ENDED)
        made = self._whole and told and 200 <= self._status < 300
        if not made or len(self._body) > MOST:
            return None
        return {"status": self._status, "kind": kind, "body": self._body.decode()}

    async def send(self, message: Message) -> None:
        """Note a message and send it on."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = Headers(scope=message)
        elif len(self._body) <= MOST:
            self._body += message.get("body", b"")
            self._whole = not message.get("more_body", False)
        if not self.given_up:
            await self._send(message)
