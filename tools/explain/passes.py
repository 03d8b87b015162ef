"""What a classifier says of many changed texts: each different one once, in batches with hardly any padding."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from tools.wanted import still_wanted

if TYPE_CHECKING:
    import numpy

    from tools.serving.fair import FairLock

TOKENS_AT_ONCE = 2048
# Attention grows with the square of the length, so long texts go in smaller groups: this bounds the memory.
SQUARES_AT_ONCE = 512 * 512
# Tokens of padding beyond which another batch costs less: changed texts are many, short, and differ by single tokens.
SPARE = 64
WAITING = 512  # texts that are put into the queue of a shared encoder at once, so that others find room in it
_PASS_ON: ContextVar[Callable[[], None]] = ContextVar("pass_on", default=lambda: None)
_SEEN: ContextVar[dict[Any, Any] | None] = ContextVar("seen", default=None)


@contextmanager
def holding(lock: "FairLock") -> Iterator[None]:
    """Have a model for a block, in which :func:`others_turn` lends it to those who wait."""
    has = True

    def pass_on() -> None:
        nonlocal has
        has = False  # where the wait for it is interrupted, somebody else has it
        lock.pass_on()
        has = True

    lock.acquire()
    before = _PASS_ON.set(pass_on)
    try:
        yield
    finally:
        _PASS_ON.reset(before)
        if has:
            lock.release()


def others_turn() -> None:
    """Between two passes through a model that :func:`holding` has: others who wait for it go first.

    To explain a long text takes many passes: nobody shall wait for all of them, nor are they all made for nobody.
    """
    still_wanted()
    _PASS_ON.get()()


@contextmanager
def remembering() -> Iterator[None]:
    """Within the block :func:`probabilities` asks one and the same model for each changed text once."""
    before = _SEEN.set({})
    try:
        yield
    finally:
        _SEEN.reset(before)


def room(length: int) -> int:
    """How many texts of so many tokens go through a model at once."""
    return max(1, min(TOKENS_AT_ONCE // length, SQUARES_AT_ONCE // length**2))


def groups(lengths: Sequence[int], spare: int = SPARE) -> list[list[int]]:
    """Indices of texts that are read together, the longest first.

    Args:
        lengths: tokens of each text.
        spare: tokens of padding in a group; see :data:`SPARE`.
    """
    found: list[list[int]] = []
    padding = 0
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        longest = lengths[found[-1][0]] if found else 0
        padding += longest - lengths[i]
        if found and len(found[-1]) < room(longest) and padding <= spare:
            found[-1].append(i)
        else:
            found.append([i])
            padding = 0
    return found


def probabilities(model: Any, texts: Sequence[str]) -> "numpy.ndarray":
    """Class probabilities, float32 [n, classes]; what is the same for the model is computed once.

    Args:
        model: a ``tools.finetune.task.Classifier``.
        texts: n texts; empty ones are allowed.
    """
    import numpy

    shared = (
        getattr(model, "compute", None) is None
    )  # its encoder is others' too, who read in batches of their own
    keys: Sequence[Any] = texts if shared else _ids(model, texts)
    seen = _SEEN.get()
    seen = {} if seen is None else seen
    new = [key for key in dict.fromkeys(keys) if key not in seen]
    seen.update(zip(new, _asked(model, new) if shared else _computed(model, new), strict=True))
    return numpy.stack([seen[key] for key in keys])


def _ids(model: Any, texts: Sequence[str]) -> list[tuple[int, ...]]:
    """The tokens that the model reads of each text."""
    return [
        tuple(row)
        for row in model.tokenizer(list(texts), truncation=True, max_length=model.max_length)["input_ids"]
    ]


def _asked(model: Any, texts: Sequence[str]) -> "list[numpy.ndarray]":
    found: list[numpy.ndarray] = []
    for at in range(0, len(texts), WAITING):
        others_turn()
        found += list(model.predict_proba(texts[at : at + WAITING]))
    return found


def _computed(model: Any, rows: Sequence[tuple[int, ...]]) -> "numpy.ndarray":
    import numpy

    from tools.finetune.encoder import padded

    out = numpy.zeros((len(rows), len(model.labels)), dtype=numpy.float32)
    for group in groups([len(row) for row in rows]):
        others_turn()
        inputs = padded([rows[i] for i in group], model.tokenizer.pad_token_id, model.device, exact=True)
        logits = model.compute(**inputs).float()
        out[group] = (logits.sigmoid() if several(model) else logits.softmax(-1)).cpu().numpy()
    return out


def several(model: Any) -> bool:
    """Whether a text may have several labels."""
    return getattr(model, "threshold", None) is not None
