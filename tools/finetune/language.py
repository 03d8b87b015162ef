"""What the two language-model tasks share: mean loss over held-out rows, as perplexity. Imported only with torch."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy
import torch

from tools.finetune.encoder import autocast

IGNORED = -100
COUNTS = "token_counts.npy"  # beside a model's weights


def losses(
    model: Any,
    rows: Sequence[dict[str, Any]],
    collate: Callable[[list[Any]], Any],
    told: Callable[[int], None],
    shift: int,
) -> numpy.ndarray:
    """How well a model predicts the tokens of rows: of each the summed loss, how often it was right, tokens; [n, 3].

    Args:
        model: gives ``logits`` [n, tokens, vocabulary].
        rows: token ids (and labels).
        collate: rows to a batch with ``labels``; unlearned places hold -100.
        told: called before each batch with the number of rows done.
        shift: 1 where position t predicts token t+1 (causal), 0 where it predicts itself (masked).
    """
    model.eval()
    device = next(model.parameters()).device
    found: list[numpy.ndarray] = []
    for some in _batches(rows):
        told(8 * len(found))
        batch = {key: value.to(device) for key, value in collate(some).items()}
        labels = batch.pop("labels")[:, shift:]
        with torch.inference_mode(), autocast(device.type):
            logits = model(**batch).logits
        learned = labels != IGNORED
        logits, wanted = (logits[:, :-shift] if shift else logits)[learned].float(), labels[learned]
        loss = torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
        found.append(_by_row(learned, loss, logits.argmax(-1) == wanted))
    return numpy.concatenate(found)


def counted(learned: Iterable[Sequence[int]], size: int) -> numpy.ndarray:
    """How often each token comes, int64 [size].

    Args:
        learned: rows of token ids; :data:`IGNORED` is passed over.
        size: of the vocabulary.
    """
    counts = numpy.zeros(size, dtype=numpy.int64)
    for row in learned:
        ids = numpy.asarray(row, dtype=numpy.int64)
        counts += numpy.bincount(ids[ids >= 0], minlength=size)
    return counts


def write_counts(folder: Path, counts: numpy.ndarray) -> None:
    """Keep them beside a model's weights, for whoever measures it later."""
    numpy.save(folder / COUNTS, counts, allow_pickle=False)


def read_counts(folder: Path) -> numpy.ndarray | None:
    """Those of the model's training; None where none were kept."""
    try:
        return numpy.load(folder / COUNTS, allow_pickle=False)
    except (OSError, ValueError):
        return None


def by_frequency(
    counts: numpy.ndarray,
    rows: Sequence[dict[str, Any]],
    collate: Callable[[list[Any]], Any],
    shift: int,
    never: Sequence[int] = (),
) -> numpy.ndarray:
    """As :func:`losses`, for guessing tokens by how frequent they are: what one knows of a language without any model.

    Args:
        counts: of :func:`counted`.
        rows: as there.
        collate: as there.
        shift: as there.
        never: ids that are never guessed.
    """
    likely = counts + 1.0  # none is impossible
    likely[list(never)] = 1e-9
    loss = torch.from_numpy(-numpy.log(likely / likely.sum()))
    usual = int(likely.argmax())
    found = []
    for some in _batches(rows):
        labels = collate(some)["labels"][:, shift:]
        places = labels != IGNORED
        wanted = labels[places]
        found.append(_by_row(places, loss[wanted], wanted == usual))
    return numpy.concatenate(found)


def _batches(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), 8):
        yield list(rows[start : start + 8])


def _by_row(places: torch.Tensor, loss: torch.Tensor, right: torch.Tensor) -> numpy.ndarray:
    """Sums over the tokens of each row, float64 [n, 3].

    Args:
        places: bool [n, tokens], where one is predicted.
        loss: of each of these.
        right: whether it was the likeliest.
    """
    row = places.nonzero()[:, 0]
    columns = torch.stack([loss.double(), right.double(), torch.ones(len(row), device=row.device).double()])
    sums = torch.zeros(3, len(places), dtype=torch.float64, device=row.device).index_add_(1, row, columns)
    return sums.T.cpu().numpy()


def perplexity(found: numpy.ndarray) -> dict[str, float]:
    """Loss a predicted token, its exponential, and how often the likeliest token was right.

    Args:
        found: of :func:`losses`.
    """
    total, right, count = found.sum(axis=0) if len(found) else (0.0, 0.0, 0.0)
    loss = total / max(1, count)
    return {
        "loss": round(float(loss), 4),
        "perplexity": round(math.exp(min(loss, 50)), 3),
        "token_accuracy": round(float(right / max(1, count)), 4),
        "rows": len(found),
    }
