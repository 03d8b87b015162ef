"""A trained model ready to answer: checked input, many callers together, clear errors."""

import logging
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import BadArgument, ToolsError, Unsupported, WorkFailed
from tools.models.card import read_info
from tools.serving.batching import PART, READ, Batcher, about_tokens, in_parts
from tools.serving.engines.kept import FOLDER
from tools.serving.fair import FairLock
from tools.serving.spans import written
from tools.serving.turns import Turns

if TYPE_CHECKING:
    import numpy

    from tools.finetune.tasks.text_generation import Ending
    from tools.serving.sharing.bodies import Bodies

log = logging.getLogger(__name__)

LONGEST = 200_000
WRITERS = 32  # callers that a model which writes for one at a time may have
LACKS = {  # what a model is not that has no such method, and what is
    "predict_proba": ("is no classifier", "Use a text-classification model."),
    "embed": ("gives no embeddings", "Use a model of the task embedding."),
}


def load(
    folder: Path, device: str | None = None, engine: str | None = None, bodies: "Bodies | None" = None
) -> "Predictor":
    """Load a model folder that a fine-tuning run wrote.

    Args:
        folder: the model's folder, with its ``assistant.json``.
        device: ``cpu`` or ``cuda``; the best there is where left out.
        engine: ``torch``, ``openvino`` or ``int8``; the one that was chosen when the model was deployed where left out,
            and torch where that one fails. Models that write texts have OpenVINO chosen on a CPU.
        bodies: the encoders in memory, for models that were put on one of them.

    Raises:
        NotFound: the folder is gone, or holds no model of ours.
        BadData: its metadata are damaged.
        Unsupported: its weights are pickles.
        WorkFailed: the weights cannot be read.
    """
    from tools.finetune.task import find_task
    from tools.models.embedded import check_folder
    from tools.serving.generation.generator import generator

    info = read_info(folder)
    check_folder(folder)
    task = find_task(info["task"])
    try:
        if task.name == "text-generation":
            return Predictor(folder, info, generator(folder, device, engine))
        if bodies and (shared := _shared(bodies, folder, info, device, engine)):
            return Predictor(folder, info, shared)
        return Predictor(folder, info, _with_engine(task, folder, device, engine))
    except ToolsError:
        raise
    except Exception as error:
        # Whatever transformers, safetensors or torch make of a damaged folder.
        raise WorkFailed(
            f"The model {info['name']} cannot be loaded: {_first_line(error)}.", "Fine-tune it again."
        ) from error


def _shared(bodies: "Bodies", folder: Path, info: dict[str, Any], *wishes: str | None) -> Any:
    """The model on an encoder that others use too; None where it has its own, or that one fails."""
    try:
        return bodies.classifier(folder, info, *wishes)
    except Exception:
        log.warning("%s cannot share its encoder; it is loaded for itself", folder.name, exc_info=True)
        return None


def _with_engine(task: Any, folder: Path, device: str | None, engine: str | None) -> Any:
    from tools.finetune.machine import best_device
    from tools.serving.engines.kept import TORCH, chosen

    wanted = engine or chosen(folder)
    if wanted == TORCH or best_device(device) != "cpu":
        return task.load(folder, device)
    from tools.serving.engines.mount import mount

    model = task.load(folder, device, late=True)
    try:
        mount(model, folder, wanted)
    except Exception:
        if engine:
            raise
        log.warning("%s does not run on %s any more; torch computes it", folder.name, wanted, exc_info=True)
    return model


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")


class Predictor:
    """One model in memory. Safe to share between threads.

    Args:
        folder: where it came from.
        info: its ``assistant.json``.
        model: what the task's ``load`` returned.

    Attributes:
        model: the loaded model; hold :attr:`lock` while using it directly.
        batchers: what collects the texts of many callers, by what is asked of the model.
    """

    def __init__(self, folder: Path, info: dict[str, Any], model: Any):
        self.folder, self.info, self.model = folder, info, model
        # Not re-entrant: a stream may be closed by another thread than the one that opened it.
        self.lock = FairLock()
        weights = (*folder.rglob("*.safetensors"), *folder.glob(f"{FOLDER}/*.bin"))
        self._stored = sum(path.stat().st_size for path in weights)
        self.batchers: dict[str, Batcher] = {}
        self._turns = Turns(1, 1, WRITERS, "The model writes as many texts as it can.")

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.info["name"])

    @property
    def task(self) -> str:
        """The model's task."""
        return str(self.info["task"])

    @property
    def size(self) -> int:
        """Bytes of memory that are its own: what it tells, or those of its weights on the disk."""
        return int(getattr(self.model, "size", self._stored))

    @property
    def busy(self) -> bool:
        """Whether it computes, or texts wait for it."""
        waiting = any(batcher.queued for batcher in list(self.batchers.values()))
        writes = self._turns.held or getattr(getattr(self.model, "engine", None), "running", 0)
        return waiting or bool(writes) or self.lock.locked() or bool(getattr(self.model, "busy", False))

    @property
    def labels(self) -> list[str]:
        """The labels it can give; empty where it gives none."""
        return list(getattr(self.model, "labels", None) or self.info.get("labels") or [])

    @property
    def here(self) -> "Predictor":
        """This, or where its model runs elsewhere one whose model is in this process: for what looks inside."""
        loaded = getattr(self.model, "here", None)
        return loaded() if loaded else self

    def predict(self, texts: Sequence[str], caller: str = "") -> list[dict[str, Any]]:
        """One entry a text, in order.

        Args:
            texts: n texts (for image-classification: paths).
            caller: whose they are; callers take turns where the model is busy.

        Returns:
            ``{"label", "score", "scores"}``; token-classification adds ``entities``, text-generation ``text``,
            embedding ``embedding``, masked-lm what stands for ``[MASK]``.

        Raises:
            BadArgument: no text, an empty or an enormous one.
            Busy: too many texts wait already; many wait for room; see :func:`tools.serving.batching.in_parts`.
        """
        return self._all("predict", texts, caller)

    def predict_proba(self, texts: Sequence[str]) -> "numpy.ndarray":
        """Probabilities of :attr:`labels`, float32 [n, classes].

        Raises:
            Unsupported: the model is no classifier.
            BadArgument: as :meth:`predict`.
        """
        import numpy

        return numpy.stack(self._all("predict_proba", texts))

    def embed(self, texts: Sequence[str], caller: str = "") -> "numpy.ndarray":
        """Unit vectors, float32 [n, dimensions].

        Raises:
            Unsupported: the model gives no embeddings.
            BadArgument: as :meth:`predict`.
        """
        import numpy

        return numpy.stack(self._all("embed", texts, caller))

    def _all(self, what: str, texts: Sequence[str], caller: str = "") -> list[Any]:
        return in_parts(
            lambda part: self.ask(what, part, caller), texts if len(texts) <= PART else _checked(texts)
        )

    def ask(self, what: str, texts: Sequence[str], caller: str = "") -> "Future[list[Any]]":
        """Have texts read, together with those of other callers; see :class:`tools.serving.batching.Batcher`.

        Args:
            what: ``predict``, ``predict_proba`` or ``embed``.
            texts: n texts.
            caller: whose they are.

        Returns:
            n results; cancel it where nobody waits any more.

        Raises:
            Unsupported, BadArgument, Busy: as the methods of these names.
        """
        lack, hint = LACKS.get(what, ("", ""))
        give = self._ability(what, lack, hint)
        if ask := getattr(self.model, "ask", None):  # it collects the texts of several models
            return ask(what, _checked(texts), caller)
        tokens = partial(about_tokens, most=getattr(self.model, "max_length", READ))
        batcher = self.batchers.setdefault(what, Batcher(partial(_locked, self.lock, give), tokens=tokens))
        return batcher.submit(_checked(texts), caller)

    def generate(
        self,
        messages: Sequence[dict[str, str]],
        max_tokens: int = 256,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        seed: int | None = None,
        top_p: float | None = None,
        caller: str = "",
    ) -> "Generator[str, None, Ending | None]":
        """The answer to a conversation, piece by piece, and how it ended where the model tells.

        On plain transformers the model is busy until its end.

        Args:
            messages: ``{"role", "content"}`` each, the oldest first.
            max_tokens: at most so many tokens.
            temperature: 0 takes the likeliest token each time.
            stop: end before any of these texts.
            seed: the same one gives the same text, where a temperature makes it one of many.
            top_p: with a temperature, take only of the likeliest tokens that make up so much of the probability.
            caller: whose it is; callers take turns where many wait.

        Raises:
            Unsupported: the model generates no text.
            BadArgument: no messages, too long ones, or a number outside what is possible.
            Busy: too many answers are written already.
        """
        give = self._ability("generate", "generates no text", "Use a text-generation model.")
        _check_request(messages, max_tokens, temperature)
        asked = [dict(each) for each in messages], max_tokens, temperature, list(stop), seed, top_p
        if getattr(self.model, "together", False):
            return written(self.name, give(*asked, caller))
        return self._alone(give, caller, *asked)

    def _alone(self, give: Any, caller: str, *args: Any) -> "Generator[str, None, Ending | None]":
        with self._turns.place(caller), self.lock:
            return (yield from written(self.name, give(*args)))

    def _ability(self, name: str, lack: str, hint: str) -> Any:
        found = getattr(self.model, name, None)
        if found is None:
            raise Unsupported(f"{self.name} ({self.task}) {lack}.", hint, param="model")
        return found


def _locked(lock: FairLock, give: Any, texts: list[str]) -> Any:
    with lock:
        return give(texts)


def _checked(texts: Sequence[str]) -> list[str]:
    if isinstance(texts, str):
        texts = [texts]
    if not len(texts):
        raise BadArgument("There is no text.", "Give at least one.", param="text")
    for number, text in enumerate(texts, 1):
        which = f"Text {number}" if len(texts) > 1 else "The text"
        if not isinstance(text, str) or not text.strip():
            raise BadArgument(f"{which} is empty.", "Write what the model shall read.", param="text")
        if len(text) > LONGEST:
            raise BadArgument(
                f"{which} has {len(text):,} characters; {LONGEST:,} are read at most.",
                "Cut it into parts.",
                param="text",
            )
    return list(texts)


def _check_request(messages: Sequence[dict[str, str]], max_tokens: int, temperature: float) -> None:
    if not messages:
        raise BadArgument("There are no messages.", "Give at least one.", param="messages")
    if max_tokens < 1:
        raise BadArgument("max_tokens must be at least 1.", "Ask for more.", param="max_tokens")
    if not 0 <= temperature <= 2:
        raise BadArgument("temperature must be between 0 and 2.", "0 is exact.", param="temperature")
