"""A small OpenAI-compatible server on loopback that answers as a test scripts it, streaming or not, well or badly."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Answers each request with the next of the script; the last one is repeated."""

    server: "ChatServer"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append({"path": self.path, "key": self.headers["Authorization"], **body})
        script = self.server.script
        answer = script.pop(0) if len(script) > 1 else script[0]
        answer(self, body)

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def begin(self, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def write(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def event(self, delta: dict[str, Any], reason: str | None = None) -> None:
        """One piece of a stream; all of one server's answers have the same id, as those of some servers."""
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        record = {
            "id": "x",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [choice],
        }
        self.write(f"data: {json.dumps(record)}\n\n")

    def pieces(self, text: str, size: int = 7) -> None:
        for at in range(0, len(text), size):
            self.event({"content": text[at : at + size]})

    def reset(self) -> None:
        """Drop the connection, so that the client sees it lost and not closed."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class ChatServer(ThreadingHTTPServer):
    """``script`` holds the answers to come, ``seen`` the requests that came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Answer] = []
        self.seen: list[dict[str, Any]] = []
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answers(self, *script: Answer) -> None:
        """Begin a new script."""
        self.script, self.seen = list(script), []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, *args: Any) -> None:
        """Clients may leave early."""


def _whole(handler: Handler, message: dict[str, Any], reason: str) -> None:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    record = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    handler.begin()
    handler.write(json.dumps(record))


def say(text: str, pause: float = 0.0, streams: bool = True) -> Answer:
    """Words; with a pause between their pieces, or whole where the server cannot stream."""

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        if not (streams and body.get("stream")):
            return _whole(handler, {"content": text}, "stop")
        handler.begin(kind="text/event-stream")
        for at in range(0, len(text), 7):
            time.sleep(pause)
            handler.event({"content": text[at : at + 7]})
        handler.event({}, "stop")
        return handler.write("data: [DONE]\n\n")

    return answer


def call(
    *calls: tuple[str | None, Any], text: str = "", ids: str = "call_{}", repeats_name: bool = False
) -> Answer:
    """Tool calls, each a name and its arguments: a dictionary, or text as it is."""

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        written = [
            {
                "id": ids.format(at),
                "type": "function",
                "function": {"name": name, "arguments": args if isinstance(args, str) else json.dumps(args)},
            }
            for at, (name, args) in enumerate(calls)
        ]
        if not body.get("stream"):
            return _whole(handler, {"content": text or None, "tool_calls": written}, "tool_calls")
        handler.begin(kind="text/event-stream")
        handler.pieces(text)
        for at, each in enumerate(written):
            function = each["function"]
            handler.event({"tool_calls": [{"index": at, **each, "function": {**function, "arguments": ""}}]})
            for begin in range(0, len(function["arguments"]), 5):
                piece = {"arguments": function["arguments"][begin : begin + 5]}
                if repeats_name:
                    piece |= {"name": function["name"]}
                handler.event({"tool_calls": [{"index": at, "function": piece}]})
        handler.event({}, "tool_calls")
        return handler.write("data: [DONE]\n\n")

    return answer


def fail(status: int, headers: dict[str, str] | None = None, **error: Any) -> Answer:
    """An HTTP error; clients that try again are told not to wait, unless other headers are given."""

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin(status, **(headers or {"retry_after_ms": "1"}))
        handler.write(json.dumps({"error": {"message": "no", "type": "error", **error}}))

    return answer


def breaks(text: str, how: str, arguments: str = "") -> Answer:
    """A stream that ends in the midst of an answer.

    Args:
        text: what was said before.
        how: ``reset``, ``close``, ``stall``, or ``error`` (an event that says so).
        arguments: the beginning of a tool call's arguments, which follow the text.
    """

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        if not body.get("stream"):
            return handler.reset()
        handler.begin(kind="text/event-stream")
        handler.event({"role": "assistant"})
        handler.pieces(text)
        if arguments:
            function = {"name": "finetune_model", "arguments": arguments}
            handler.event(
                {"tool_calls": [{"index": 0, "id": "call_0", "type": "function", "function": function}]}
            )
        if how == "reset":
            handler.reset()
        elif how == "stall":
            time.sleep(3)
        elif how == "error":
            handler.write('data: {"error": {"message": "overloaded", "type": "server_error"}}\n\n')
        return None

    return answer


def pings(handler: Handler, body: dict[str, Any]) -> None:
    """A stream that is kept alive for longer than any test waits, and says nothing."""
    handler.begin(kind="text/event-stream" if body.get("stream") else "application/json")
    for _ in range(100):
        handler.write(": ping\n\n")
        time.sleep(0.05)


def vanish(handler: Handler, body: dict[str, Any]) -> None:
    """No answer: the connection is lost."""
    handler.reset()


def silence(handler: Handler, body: dict[str, Any]) -> None:
    """No answer within any time-out of a test."""
    time.sleep(3)


def nonsense(handler: Handler, body: dict[str, Any]) -> None:
    """A web page, as of an address that is another server's."""
    handler.begin(kind="text/html")
    handler.write("<html><body>Hello</body></html>")


def ollama(*pieces: str, ends: bool = True) -> Answer:
    """Words as Ollama's own protocol streams them; without an end where it dies before."""

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin(kind="application/x-ndjson")
        for text in (*pieces, ""):
            done = not text
            if done and not ends:
                return
            message = {"role": "assistant", "content": text}
            record = {
                "model": body["model"],
                "created_at": "2026-01-01T00:00:00Z",
                "message": message,
                "done": done,
            }
            handler.write(json.dumps({**record, "done_reason": "stop"} if done else record) + "\n")

    return answer
