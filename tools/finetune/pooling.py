"""How a sentence encoder makes one vector of its tokens, as its folder says it (``1_Pooling/config.json``)."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import Unsupported

if TYPE_CHECKING:
    import torch

FILE = "1_Pooling/config.json"
MEAN, FIRST, LAST = "mean", "cls", "lasttoken"
# What sentence-transformers writes for each, one of them true, in versions before its 6th.
FLAGS = {
    MEAN: "pooling_mode_mean_tokens",
    FIRST: "pooling_mode_cls_token",
    LAST: "pooling_mode_lasttoken",
}


def pooling_of(folder: Path | str) -> str:
    """The way of a model's folder; the mean of its tokens where it names none.

    Raises:
        Unsupported: it is none of those known here.
    """
    try:
        told: Any = json.loads((Path(folder) / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return MEAN
    if not isinstance(told, dict):
        return MEAN
    known = {flag: mode for mode, flag in FLAGS.items()}
    modes = [known.get(name, name) for name, on in told.items() if name.startswith("pooling_mode_") and on]
    given = told.get("pooling_mode", modes) or MEAN
    ways = list(given) if isinstance(given, list | tuple) else [given]
    if len(ways) > 1 or ways[0] not in FLAGS:
        raise Unsupported(
            f"{Path(folder).name} makes its vectors by {' and '.join(map(str, ways))}, which is not known here.",
            "Use a base that takes the mean of its tokens, the first or the last one.",
            param="base",
        )
    return str(ways[0])


def pooling_in(plan: dict[str, Any], base: Path | str) -> str:
    """The way of a run: its base's, but in runs of earlier programs, which took the mean of all.

    Args:
        plan: the run's.
        base: its base model.
    """
    return pooling_of(base) if plan.get("own_pooling") else MEAN


def write_pooling(folder: Path, pooling: str, width: int) -> None:
    """Write the file, as sentence-transformers reads it.

    Args:
        folder: the model's.
        pooling: one of the ways.
        width: of its vectors.
    """
    (folder / FILE).parent.mkdir(exist_ok=True)
    flags = {flag: mode == pooling for mode, flag in FLAGS.items()}
    (folder / FILE).write_text(json.dumps({"word_embedding_dimension": width, **flags}))


def pool(hidden: "torch.Tensor", mask: "torch.Tensor", pooling: str = MEAN) -> "torch.Tensor":
    """One vector of unit length for each text.

    Args:
        hidden: float [n, tokens, width], padded on the right.
        mask: int [n, tokens], 0 for padding.
        pooling: one of the ways.
    """
    import torch

    if pooling == FIRST:
        made = hidden[:, 0]
    elif pooling == LAST:
        made = hidden[torch.arange(len(hidden), device=hidden.device), mask.sum(1).clamp(min=1) - 1]
    else:
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        made = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
    return torch.nn.functional.normalize(made, dim=-1)
