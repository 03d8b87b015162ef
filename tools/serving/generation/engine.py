"""Texts of many callers written together, token by token, by a process beside this one (:mod:`.worker`).

All that run share each step of the model (continuous batching, Yu et al. 2022, "Orca"), their keys and values lie in
blocks of a bounded cache, and what begins alike is computed once (Kwon et al. 2023, "PagedAttention").
"""

import contextlib
import json
import logging
import queue
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Generator
from pathlib import Path
from typing import Any

from tools.errors import WorkFailed
from tools.serving.generation import weights
from tools.serving.turns import Turns

log = logging.getLogger(__name__)

STREAMS = 16  # texts of one caller that are written at once
PLACES = 20  # texts of all: who comes beside one with very many need not wait for the first of them to end
WAITING = 96  # texts that are written or wait; more are turned away, of one caller from three quarters on
BATCHED = 512  # tokens of a step, so that a long prompt does not stop the others for long
CACHE_BYTES = 256 * 2**20  # of keys and values: SmolLM2 reads 19,000 tokens again from it
BLOCK = 32  # tokens of a block of it
# Numbers of activations in fp32, which the products take in 8 bits, 32 to a scale. Against bf16, which OpenVINO would
# choose where the processor has it, SmolLM2 takes 1.45 × (8 streams: 1.75 ×) less time; perplexity is that of fp32.
PROPERTIES = {"INFERENCE_PRECISION_HINT": "f32"}
START_SECONDS = 300.0
STALL_SECONDS = 120.0  # without a word of the process, after which it is given up
Said = tuple[list[int], str | None]


class Engine:
    """One model in a process of its own, which is started anew where it died. Safe to share between threads.

    Args:
        file: the weights; see :func:`tools.serving.generation.weights.kept`.
        config: the model's configuration.
        properties: for OpenVINO; :data:`PROPERTIES` where left out.
        waiting: texts that may be written or wait.

    Attributes:
        read: tokens of the prompts so far.
        written: tokens written so far.

    Raises:
        WorkFailed: the process does not start.
    """

    def __init__(
        self,
        file: Path,
        config: dict[str, Any],
        properties: dict[str, Any] | None = None,
        waiting: int = WAITING,
    ):
        self.window = int(config["max_position_embeddings"])
        self._wishes = {
            "weights": str(file),
            "blocks": _blocks(config),
            "batched": BATCHED,
            "streams": PLACES,
            "properties": PROPERTIES if properties is None else properties,
        }
        self._turns = Turns(PLACES, STREAMS, waiting, "The model writes as many texts as it can.")
        self._starting = threading.Lock()
        self.read = self.written = 0
        self._process = _Process(self._wishes)

    @property
    def running(self) -> int:
        """Texts that are written or wait."""
        return self._turns.held

    @property
    def size(self) -> int:
        """Bytes of memory that its process takes: the weights, and the cache as far as it was needed."""
        return self._process.size

    def write(
        self, ids: list[int], most: int, ends: list[int], sampling: dict[str, Any], caller: str = ""
    ) -> Generator[list[int], None, None]:
        """The tokens that follow, in pieces as they are made; close the iterator to end it before.

        Args:
            ids: the prompt.
            most: tokens to write.
            ends: tokens that end it.
            sampling: how each token is taken, by GenAI's names.
            caller: whose it is; callers take turns where many wait.

        Raises:
            Busy: too many texts are written or wait already.
            WorkFailed: the process died.
        """
        with self._turns.place(caller):
            yield from self._write(ids=ids, most=most, ends=ends, sampling=sampling)

    def _write(self, **wishes: Any) -> Generator[list[int], None, None]:
        process = self._there()
        number, said = process.begin(**wishes)
        end = None
        self.read += len(wishes["ids"])
        try:
            while end is None:
                try:
                    tokens, end = said.get(timeout=STALL_SECONDS)
                except queue.Empty:
                    process.watch()
                    continue
                if tokens:
                    self.written += len(tokens)
                    yield tokens
        finally:
            process.drop(number)
        if end != "done":
            raise WorkFailed(f"The text broke off: {_why(end)}.", "Try again.")

    def _there(self) -> "_Process":
        with self._starting:
            if self._process.gone:
                log.warning("The process that writes texts died; it is started anew.")
                self._process = _Process(self._wishes)
            return self._process


def _why(end: str) -> str:
    return {"died": "the process that wrote it died", "memory": "it is too long for the cache"}.get(end, end)


def _blocks(config: dict[str, Any]) -> int:
    """Blocks of the cache: as many as its bytes hold, and a whole window at least."""
    heads = config["num_attention_heads"]
    width = config.get("head_dim") or config["hidden_size"] // heads
    # A byte for each number of keys and values, and the scale of each head's.
    token = 2 * config["num_hidden_layers"] * (config.get("num_key_value_heads") or heads) * (width + 8)
    return max(CACHE_BYTES // (token * BLOCK), -(-config["max_position_embeddings"] // BLOCK) + 1)


class _Process:
    """The other process, the thread that hears it, and the texts that it writes."""

    def __init__(self, wishes: dict[str, Any]):
        self.texts: dict[int, queue.SimpleQueue[Said]] = {}
        self._heard = _Heard(self.texts)
        self._count, self._lock = 0, threading.Lock()
        with tempfile.TemporaryDirectory(prefix="assistant-") as empty:
            self._popen = _start(wishes | {"empty": empty})
            threading.Thread(
                target=self._heard.listen, args=(self._popen.stdout,), name="writer", daemon=True
            ).start()
            self._finish = weakref.finalize(self, _end, self._popen)
            if not self._heard.ready.wait(START_SECONDS) or self._heard.failed:
                self._finish()
                why = self._heard.failed or f"it is not there after {START_SECONDS:.0f} s"
                raise WorkFailed(f"OpenVINO GenAI cannot run this model: {why}.", "transformers can.")

    @property
    def size(self) -> int:
        """Bytes of memory that it takes; none once it is gone."""
        import psutil

        try:
            return int(psutil.Process(self._popen.pid).memory_info().rss)
        except psutil.Error:
            return 0

    @property
    def gone(self) -> bool:
        """Whether it died."""
        return self._heard.gone or self._popen.poll() is not None

    def begin(self, **wishes: Any) -> tuple[int, "queue.SimpleQueue[Said]"]:
        """Have a text written. Returns its number, and where its tokens will come."""
        said: queue.SimpleQueue[Said] = queue.SimpleQueue()
        with self._lock:
            self._count += 1
            number = self._count
        self.texts[number] = said
        self._tell({"id": number, **wishes})
        if self._heard.gone:  # perhaps before the text was among those that are told
            said.put(([], "died"))
        return number, said

    def drop(self, number: int) -> None:
        """End a text, if it has not come to its end."""
        self._tell({"drop": number})
        self.texts.pop(number, None)

    def watch(self) -> None:
        """Give the process up if nothing was heard of it for long."""
        if time.monotonic() - self._heard.last > STALL_SECONDS:
            self._popen.kill()

    def _tell(self, message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"
        stdin = self._popen.stdin
        assert stdin is not None
        with self._lock, contextlib.suppress(OSError, ValueError):  # it is gone, which its texts are told
            stdin.write(line)
            stdin.flush()


class _Heard:
    """What the process says, given to the texts that it is about; holds nothing that keeps the process alive."""

    def __init__(self, texts: "dict[int, queue.SimpleQueue[Said]]"):
        self.ready, self.failed, self.gone = threading.Event(), "", False
        self.last = time.monotonic()
        self._texts = texts

    def listen(self, lines: Any) -> None:
        """Until the process ends."""
        for line in lines:
            self.last = time.monotonic()
            message = json.loads(line)
            if isinstance(message, dict):
                self.failed = str(message.get("failed", "")).strip().split("\n")[-1][:300].rstrip(".")
                self.ready.set()
                continue
            for number, tokens, end in message:
                if text := self._texts.get(number):
                    text.put((tokens, end))
        if not self.ready.is_set():
            self.failed = "its process died"
        self.gone = True
        self.ready.set()
        for text in list(self._texts.values()):
            text.put(([], "died"))


def _start(wishes: dict[str, Any]) -> "subprocess.Popen[bytes]":
    from tools.serving.generation import worker

    # -P: its folder is not searched for modules. A session of its own: Ctrl-C is the server's, which ends it in time.
    command = [sys.executable, "-P", str(Path(worker.__file__)), json.dumps(wishes)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start(folder: Path, properties: dict[str, Any] | None = None) -> Engine:
    """The engine of a model folder, its weights converted the first time; a file that it cannot read is made anew once.

    Args:
        folder: the model's.
        properties: as for :class:`Engine`.

    Raises:
        Unsupported, OSError: as :func:`tools.serving.generation.weights.kept`.
        WorkFailed: the process does not start.
    """
    config = weights.check(folder)
    was_there = (folder / weights.FOLDER / weights.FILE).exists()
    try:
        return Engine(weights.kept(folder), config, properties)
    except WorkFailed:
        if not was_there:
            raise
        weights.drop(folder)
        return Engine(weights.kept(folder), config, properties)
