"""A vLLM server over HTTP: what it serves, adapters, and texts.

Source: docs.vllm.ai, "OpenAI-Compatible Server" and "LoRA Adapters"; the routes of vLLM 0.33.
"""

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from tools.errors import BadArgument, Busy, NotFound, ToolsError, Unavailable, Unsupported

CONNECT, SILENCE = 5.0, 120.0  # seconds to connect, and without a word, after which it is given up
LOAD_SECONDS = 300.0  # to load an adapter
STREAMS = 1024  # connections; vLLM has a queue of its own
STREAMED = {"stream": True, "stream_options": {"include_usage": True, "continuous_usage_stats": True}}
ALREADY = "already been loaded"


class Piece(NamedTuple):
    """A piece of a text, how many tokens the whole has with it, and whether it ends there for its length."""

    text: str
    tokens: int
    cut: bool = False


class UnknownModel(NotFound):
    """The server does not know the model (any more): it may have been started anew."""


class Server:
    """Safe to share between threads.

    Args:
        url: its address, with or without ``/v1``.
        key: what it asks of its callers.
    """

    def __init__(self, url: str, key: str | None = None):
        self.url = url.rstrip("/").removesuffix("/v1")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        limits = httpx.Limits(max_connections=STREAMS, max_keepalive_connections=32)
        timeout = httpx.Timeout(SILENCE, connect=CONNECT)
        # A proxy of the environment leads out of this machine.
        outside = urlsplit(self.url).hostname not in ("127.0.0.1", "localhost", "::1")
        self._http = httpx.Client(
            base_url=self.url, headers=headers, limits=limits, timeout=timeout, trust_env=outside
        )

    def models(self) -> list[dict[str, Any]]:
        """What it serves: ``id``, ``root`` (where it was loaded from), ``parent`` (of adapters), ``max_model_len``.

        Raises:
            Unavailable: it does not answer.
        """
        return list(self._asked("GET", "/v1/models").json().get("data") or [])

    def healthy(self) -> bool:
        """Whether it answers already."""
        try:
            return self._http.get("/health", timeout=CONNECT).status_code == 200
        except httpx.TransportError:
            return False

    def load(self, name: str, adapter: Path) -> None:
        """Have it load a LoRA adapter, unless it has it already.

        Args:
            name: what requests call it.
            adapter: the folder, which the server must see at the same path.

        Raises:
            Unsupported: it loads no adapters at run time, or not this one.
            Unavailable: it does not answer.
        """
        body = {"lora_name": name, "lora_path": str(adapter)}
        try:
            self._asked("POST", "/v1/load_lora_adapter", json=body, timeout=LOAD_SECONDS)
        except (UnknownModel, BadArgument) as error:
            if ALREADY in error.message:
                return
            raise Unsupported(
                f"The vLLM server at {self.url} does not load the adapter {adapter}: {error.message}",
                "Start it with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, and let it see this folder "
                "at the same path.",
                param="model",
            ) from error

    def unload(self, name: str) -> None:
        """Have it forget an adapter.

        Raises:
            ToolsError: it does not.
        """
        self._asked("POST", "/v1/unload_lora_adapter", json={"lora_name": name})

    def write(self, body: dict[str, Any]) -> Generator[Piece, None, None]:
        """A completion, piece by piece; close the iterator to end it before.

        Args:
            body: the request, in the shape of ``/v1/completions``.

        Raises:
            UnknownModel: the server does not know the model; nothing was written then.
            Unavailable: it does not answer, or went away.
            Busy, BadArgument: as it says.
        """
        try:
            with self._http.stream("POST", "/v1/completions", json=body | STREAMED) as response:
                if response.status_code != 200:
                    response.read()
                    raise self._error(response)
                yield from self._pieces(response.iter_lines())
        except httpx.PoolTimeout as error:
            raise Busy("The vLLM server has more to do than it can.", "Try again in a moment.") from error
        except httpx.TransportError as error:
            raise self._away(error) from error

    def close(self) -> None:
        """Give back the connections."""
        self._http.close()

    def _pieces(self, lines: Iterator[str]) -> Iterator[Piece]:
        count = 0
        for line in lines:
            said = line.removeprefix("data:").strip() if line.startswith("data:") else ""
            if said == "[DONE]":
                return
            event = json.loads(said) if said else {}
            if "error" in event:
                raise Unavailable(
                    f"The text broke off: {_told(event)}", f"See the log of the vLLM server at {self.url}."
                )
            for choice in event.get("choices") or []:
                count = (event.get("usage") or {}).get("completion_tokens") or count + 1
                yield Piece(choice.get("text") or "", count, choice.get("finish_reason") == "length")
        raise Unavailable("The text broke off: the vLLM server went away.", "Try again.")

    def _asked(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise self._away(error) from error
        if response.status_code != 200:
            raise self._error(response)
        return response

    def _away(self, error: httpx.TransportError) -> Unavailable:
        why = "says nothing" if isinstance(error, httpx.TimeoutException) else "does not answer"
        return Unavailable(f"The vLLM server at {self.url} {why}.", "Try again in a moment, or see its log.")

    def _error(self, response: httpx.Response) -> ToolsError:
        try:
            told = _told(response.json())
        except ValueError:
            told = response.text.strip()[:300] or f"status {response.status_code}"
        match response.status_code:
            case 404:
                return UnknownModel(told, param="model")
            case 400 | 413 | 422:
                return BadArgument(told, param="messages")
            case 429:
                return Busy("The vLLM server has more to do than it can.", "Try again in a moment.")
            case 401 | 403:
                hint = "Set ASSISTANT_VLLM_API_KEY to the one it was started with."
                return Unavailable(f"The vLLM server at {self.url} does not take our key.", hint)
        return Unavailable(f"The vLLM server at {self.url} failed: {told}", "Try again, or see its log.")


def _told(answer: Any) -> str:
    """The message of an error, in vLLM's shape or FastAPI's."""
    error = answer.get("error", answer) if isinstance(answer, dict) else answer
    message = (error.get("message") or error.get("detail")) if isinstance(error, dict) else error
    return str(message or "no reason was given").strip()[:300]
