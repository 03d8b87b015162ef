"""A text-generation model as it is served: on OpenVINO GenAI where that runs, else on plain transformers."""

import json
import logging
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.serving.engines.kept import OPENVINO, TORCH
from tools.serving.generation.engine import STREAMS, Engine, start

if TYPE_CHECKING:
    from tools.finetune.tasks.text_generation import Ending

log = logging.getLogger(__name__)

Message = dict[str, str]
BROKEN = "\ufffd"  # what stands for the beginning of a character
REPLY_TOKENS = 128  # of an answer to a text alone, as in tools.finetune.tasks.text_generation
SEEDS = 2**32
TOP_K = 50  # as in transformers, where the model says nothing


def generator(folder: Path, device: str | None = None, engine: str | None = None) -> Any:
    """Load a text-generation model.

    Args:
        folder: the model's.
        device: ``cpu`` or ``cuda``; the best there is where left out.
        engine: ``torch`` or ``openvino``; where left out, OpenVINO on a CPU wherever it can.

    Raises:
        Exception: what OpenVINO, where it was asked for, or transformers make of the folder.
    """
    from tools.finetune.machine import best_device
    from tools.finetune.task import find_task

    if engine != TORCH and best_device(device) == "cpu":
        try:
            if find_spec("openvino_genai") is None:
                raise ModuleNotFoundError("openvino-genai is not installed")
            return TogetherGenerator(folder, start(folder))
        except Exception as error:
            if engine == OPENVINO:
                raise
            log.warning("%s is written by transformers, a caller at a time: %s", folder.name, error)
    return find_task("text-generation").load(folder, device)


class Conversations:
    """What all generators that answer many callers together do alike: read a conversation as the model was taught to.

    Args:
        folder: the model's.

    Attributes:
        together: callers need not wait for each other.
    """

    task, together = "text-generation", True

    def __init__(self, folder: Path):
        from tools.finetune.prompting import chat_tokenizer

        self.tokenizer = chat_tokenizer(folder)
        wishes = _wishes(folder)
        self._ends, self._penalty = wishes["ends"], wishes["repetition_penalty"]
        self._among = {name: wishes[name] for name in ("top_k", "top_p")}
        self._lock = threading.Lock()  # tokenizers cannot be shared

    def generate(
        self,
        messages: list[Message],
        max_tokens: int = 256,
        temperature: float = 0.0,
        stop: list[str] | None = None,
        seed: int | None = None,
        top_p: float | None = None,
        caller: str = "",
    ) -> "Generator[str, None, Ending | None]":
        """Pieces of the answer as they are made, and how it ended; its work ends when the iterator is closed.

        Raises:
            BadArgument: the conversation is longer than the model can read, or not as its template wants it.
            Busy: too many answers are written or wait already.
            WorkFailed: the engine died.
        """
        raise NotImplementedError

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """The answer to each text."""

        def answer(text: str) -> str:
            return "".join(self.generate([{"role": "user", "content": text}], REPLY_TOKENS)).strip()

        with ThreadPoolExecutor(min(len(texts), STREAMS)) as pool:
            return [
                {"label": None, "score": None, "scores": {}, "text": said} for said in pool.map(answer, texts)
            ]

    def _read(self, messages: list[Message], window: int) -> tuple[list[int], int]:
        """The conversation's tokens, and how many more the model can look at."""
        from tools.finetune.prompting import prompt, room

        text = prompt(self.tokenizer, messages)
        with self._lock:
            ids = list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        return ids, room(len(ids), window)


class TogetherGenerator(Conversations):
    """Answers conversations, piece by piece, those of many callers together. Safe to share between threads.

    Args:
        folder: the model's.
        engine: writes the tokens.
    """

    device = "cpu"

    def __init__(self, folder: Path, engine: Engine):
        super().__init__(folder)
        self.engine = engine

    @property
    def size(self) -> int:
        """Bytes of memory of the engine's process, with its cache."""
        return self.engine.size

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
        """See :meth:`Conversations.generate`."""
        from tools.finetune.prompting import before_stop
        from tools.finetune.tasks.text_generation import Ending, was_cut

        ids, room = self._read(messages, self.engine.window)
        most, said = min(max_tokens, room), list[int]()
        pieces = self.engine.write(ids, most, self._ends, self._taking(temperature, seed, top_p), caller)
        try:
            texts = self._texts(pieces, said)
            stopped = yield from before_stop(texts, [each for each in stop or [] if each])
        finally:
            pieces.close()
        return Ending(not stopped and was_cut(said, most, self._ends), len(ids), len(said))

    def _taking(self, temperature: float, seed: int | None, top_p: float | None) -> dict[str, Any]:
        """How each token is taken: the likeliest, or one of many."""
        import random

        penalty = {"repetition_penalty": self._penalty}
        if temperature == 0:
            return penalty
        number = random.randrange(SEEDS) if seed is None else seed % SEEDS
        among = self._among if top_p is None else self._among | {"top_p": top_p}
        return {**penalty, **among, "do_sample": True, "temperature": temperature, "rng_seed": number}

    def _texts(self, pieces: Iterator[list[int]], ids: list[int]) -> Iterator[str]:
        """The tokens as text: a character once it is whole, and spaces as the tokens around them make them.

        Args:
            pieces: of the tokens.
            ids: where the tokens are put together.
        """
        begin = shown = (
            0  # tokens from ``begin`` to ``shown`` are out, and tell how the next ones are written
        )
        for piece in pieces:
            ids += piece
            before, now = self._decode(ids[begin:shown]), self._decode(ids[begin:])
            if len(now) > len(before) and not now.endswith(BROKEN):
                yield now[len(before) :]
                begin, shown = shown, len(ids)
        if rest := self._decode(ids[begin:])[len(self._decode(ids[begin:shown])) :]:
            yield rest

    def _decode(self, ids: list[int]) -> str:
        with self._lock:
            return str(self.tokenizer.decode(ids, skip_special_tokens=True))


def _wishes(folder: Path) -> dict[str, Any]:
    """What the model wishes for its texts, as transformers reads it; ``ends`` are the tokens that end one."""
    from transformers import GenerationConfig

    own = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    file = folder / "generation_config.json"
    wishes = GenerationConfig.from_pretrained(folder).to_dict() if file.is_file() else {}
    ends = wishes.get("eos_token_id", own.get("eos_token_id"))
    return {
        "ends": [] if ends is None else [ends] if isinstance(ends, int) else list(ends),
        "top_k": wishes.get("top_k") or TOP_K,
        "top_p": wishes.get("top_p") or 1.0,
        "repetition_penalty": wishes.get("repetition_penalty") or 1.0,
    }
