"""Text-generation models written by vLLM (Kwon et al. 2023): in a server that is there, or in children of this process.

What was trained by ``lora`` or ``qlora`` is loaded as an adapter over its base, many over one; any other model is
served whole, by its folder. Nothing falls back to this process where vLLM is away: the model may not fit here.
"""

import contextlib
import hashlib
import json
import shlex
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tools.errors import ToolsError, Unsupported
from tools.models.card import read_info
from tools.models.embedded import embedded_name
from tools.serving.engines.kept import stamp
from tools.serving.generation.generator import SEEDS, Conversations, Message
from tools.serving.predictor import Predictor
from tools.serving.remote.vllm_process import Child
from tools.serving.remote.vllm_server import Piece, Server, UnknownModel
from tools.serving.turns import Turns

if TYPE_CHECKING:
    from tools.finetune.tasks.text_generation import Ending

MANAGED = "managed"
ADAPTERS = ("lora", "qlora")  # methods whose adapters vLLM reads; it has no DoRA and no AdaLoRA
RANK = 16  # of our adapters: tools.finetune.methods
# Adapters in one batch, and adapters kept in memory: by vLLM's own default each batch would be of one adapter.
LORA = ["--enable-lora", "--max-lora-rank", str(RANK), "--max-loras", "8", "--max-cpu-loras", "64"]
PLACES, EACH, ROOM = (
    256,
    192,
    1024,
)  # texts of a model at once, of them one caller's, and with those that wait
IDLE_SECONDS = 30.0  # after which a model that is not in service is let go
QUIET = ["--disable-log-stats", "--disable-uvicorn-access-log"]


class Parts(NamedTuple):
    """What vLLM is to load: a base by its folder or hub id, and the adapter over it, where there is one."""

    base: str
    adapter: Path | None


def parts(folder: Path) -> Parts:
    """How a model folder is served.

    Args:
        folder: the model's, with ``assistant.json``.
    """
    config = folder / "adapter" / "adapter_config.json"
    if read_info(folder)["method"] in ADAPTERS and config.is_file():
        base = str(json.loads(config.read_text(encoding="utf-8"))["base_model_name_or_path"])
        if Path(base).is_dir() or not Path(base).is_absolute():
            return Parts(base, config.parent)
    return Parts(str(folder), None)  # the folder holds the merged weights too


class Vllm:
    """Where text-generation models are written. Safe to share between threads.

    Args:
        where: a server's address, or ``managed``: vLLM is started here, once for each base.
        state: a folder for what managed servers leave: locks, addresses, logs.
        key: what the server asks of its callers.
        command: the program of a managed server.
        options: further ones of ``vllm serve``.
    """

    def __init__(
        self, where: str, state: Path, key: str | None = None, command: str = "vllm", options: str = ""
    ):
        self._state, self._command, self._options = state, shlex.split(command), shlex.split(options)
        self._external = None if where == MANAGED else Server(where, key)
        self._children: dict[Parts, Child] = {}
        self._writers: dict[Path, VllmGenerator] = {}
        self._lock = threading.Lock()

    def predictor(self, folder: Path) -> Predictor:
        """A model, ready to write: its server runs, its adapter is loaded.

        Raises:
            Unsupported: the server serves other models, or does not see the folder.
            WorkFailed: vLLM cannot be started.
            Unavailable: the server does not answer.
        """
        found = parts(folder)
        if self._external is None:
            self._child(found).wait()
        writer = VllmGenerator(folder, found, lambda: self._server(found))
        writer.ready()
        with self._lock:
            self._writers[folder] = writer
        return Predictor(folder, read_info(folder), writer)

    def keep(self, folders: Collection[Path]) -> list[Path]:
        """Unload adapters of other models than these, and end servers that none of these needs.

        Args:
            folders: of the models in service.

        Returns:
            Folders of the models that were let go.
        """
        needed: set[str] = set()
        for folder in folders:
            with contextlib.suppress(ToolsError, OSError, ValueError, KeyError):  # it is damaged
                needed.add(parts(folder).base)
        with self._lock:
            gone = [each for each in self._writers if each not in folders and self._writers[each].idle]
            writers = [self._writers.pop(folder) for folder in gone]
            needed |= {each.parts.base for each in self._writers.values()}
            idle = [key for key, child in self._children.items() if child.seconds > IDLE_SECONDS]
            children = [self._children.pop(key) for key in idle if key.base not in needed]
        for writer in writers:
            with contextlib.suppress(ToolsError):  # it forgets them itself when it ends
                writer.unload()
        for child in children:
            child.stop()
        return gone

    def close(self) -> None:
        """End the servers that were started here."""
        with self._lock:
            children, self._children = [*self._children.values()], {}
        for child in children:
            child.stop()

    def _server(self, found: Parts) -> Server:
        return self._external or self._child(found).server()

    def _child(self, wanted: Parts) -> Child:
        """The server of a base, with adapters or without."""
        key = Parts(wanted.base, Path() if wanted.adapter else None)
        with self._lock:
            if key not in self._children:
                lora = LORA if wanted.adapter else []
                command = [*self._command, "serve", wanted.base, *lora, *QUIET, *self._options]
                name = hashlib.sha256(repr(key).encode()).hexdigest()[:8]
                state = self._state / f"vllm-{Path(wanted.base).name}-{name}.json"
                self._children[key] = Child(command, state)
            return self._children[key]


class VllmGenerator(Conversations):
    """One model on a vLLM server; see :class:`tools.serving.generation.generator.Conversations`.

    Args:
        folder: the model's.
        found: how it is served.
        server: where, at each request; raises Unavailable where it does not answer.

    Attributes:
        read: tokens of the prompts so far.
        written: tokens written so far.
    """

    device, size = "vllm", 0

    def __init__(self, folder: Path, found: Parts, server: Callable[[], Server]):
        super().__init__(folder)
        self.folder, self.parts = folder, found
        self._server, self._known = server, threading.Lock()
        self._on: Server | None = None  # where the model is known to be loaded
        self._name, self._window = "", 0
        self.read = self.written = 0
        self._running, self._used = 0, time.monotonic()
        self._turns = Turns(PLACES, EACH, ROOM, "The model writes as many texts as it can.")

    @property
    def busy(self) -> bool:
        """Whether texts are written."""
        return self._running > 0

    @property
    def idle(self) -> bool:
        """Whether nothing is written, nor was for a while."""
        return not self.busy and time.monotonic() - self._used > IDLE_SECONDS

    def generate(
        self,
        messages: list[Message],
        max_tokens: int = 256,
        temperature: float = 0.0,
        stop: list[str] | None = None,
        seed: int | None = None,
        top_p: float | None = None,
        caller: str = "",
    ) -> "Generator[str, None, Ending]":
        """See :meth:`Conversations.generate`; Unavailable where the server is away, Busy where too much waits."""
        from tools.finetune.tasks.text_generation import Ending

        self.ready()
        ids, room = self._read(messages, self._window)
        body: dict[str, Any] = {
            "prompt": ids,
            "max_tokens": min(max_tokens, room),
            "stop": [each for each in stop or [] if each],
            "stop_token_ids": self._ends,
            "repetition_penalty": self._penalty,
            "temperature": temperature,
        }
        if temperature > 0:
            body |= self._among if top_p is None else self._among | {"top_p": top_p}
        if seed is not None:
            body["seed"] = seed % SEEDS
        last = Piece("", 0)
        with self._turns.place(caller), self._counted():
            self.read += len(ids)
            for piece in self._pieces(body):
                self.written, last = self.written + piece.tokens - last.tokens, piece
                if piece.text:
                    yield piece.text
        return Ending(last.cut, len(ids), last.tokens)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._known:
            self._running += 1
        try:
            yield
        finally:
            with self._known:
                self._running, self._used = self._running - 1, time.monotonic()

    def _pieces(self, body: dict[str, Any]) -> Iterator[Piece]:
        server, name = self.ready()
        pieces = server.write({"model": name, **body})
        try:
            first = next(pieces, None)
        except UnknownModel:  # it was started anew, and has forgotten its adapters
            self._forget(server)
            server, name = self.ready()
            pieces = server.write({"model": name, **body})
            first = next(pieces, None)
        with contextlib.closing(pieces):
            if first is not None:
                yield first
                yield from pieces

    def ready(self) -> tuple[Server, str]:
        """The server, with the model loaded, and the model's name there.

        Raises:
            Unsupported: the server serves other models, or does not see the folder.
            Unavailable: it does not answer.
        """
        server = self._server()
        with self._known:
            if self._on is not server:
                card = self._card(server)
                self._name = self._adapted(server) if self.parts.adapter else str(card["id"])
                self._window, self._on = int(card.get("max_model_len") or self._own_window()), server
            return server, self._name

    def unload(self) -> None:
        """Have the server forget the adapter.

        Raises:
            ToolsError: it does not.
        """
        if self.parts.adapter and self._on:
            self._on.unload(self._name)

    def _forget(self, server: Server) -> None:
        with self._known:
            if self._on is server:
                self._on = None

    def _adapted(self, server: Server) -> str:
        """Load the adapter, by a name that changes with its weights."""
        assert self.parts.adapter is not None
        made = hashlib.sha256(repr((str(self.folder), stamp(self.parts.adapter))).encode()).hexdigest()
        name = f"{self.folder.name}-{made[:8]}"
        server.load(name, self.parts.adapter)
        return name

    def _card(self, server: Server) -> dict[str, Any]:
        """What the server says of the base, or of the model where it is served whole."""
        cards = [card for card in server.models() if not card.get("parent")]
        info = read_info(self.folder)
        # A whole model by its folder's name, which tells versions apart.
        name = str(info["base"]) if self.parts.adapter else self.folder.name
        short = {embedded_name(each) or each for each in (self.parts.base, name)}
        for card in cards:
            if any(
                (embedded_name(str(each)) or str(each)) in short for each in (card["id"], card.get("root"))
            ):
                return card
        served = ", ".join(str(card["id"]) for card in cards) or "nothing"
        what = f"{name}, over which {info['name']} was trained" if self.parts.adapter else name
        lora = " --enable-lora" if self.parts.adapter else ""
        raise Unsupported(
            f"The vLLM server at {server.url} serves {served}, not {what}.",
            f"Start it with: vllm serve {self.parts.base} --served-model-name {name}{lora}; "
            "or set ASSISTANT_VLLM=managed.",
            param="model",
        )

    def _own_window(self) -> int:
        config = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        return int(config.get("max_position_embeddings") or 4096)
