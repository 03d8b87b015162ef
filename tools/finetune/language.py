"""What the two language-model tasks share: mean loss over held-out rows, as perplexity. Imported only with torch."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from tools.finetune.encoder import autocast
from tools.finetune.progress import Reporter

IGNORED = -100


def perplexity(
    model: Any,
    rows: Sequence[dict[str, Any]],
    collate: Callable[[list[Any]], Any],
    report: Reporter,
    shift: int,
) -> dict[str, float]:
    """Loss a predicted token, its exponential, and how often the likeliest token was right.

    Args:
        model: gives ``logits`` [n, tokens, vocabulary].
        rows: token ids (and labels).
        collate: rows to a batch with ``labels``; unlearned places hold -100.
        report: for signs of life.
        shift: 1 where position t predicts token t+1 (causal), 0 where it predicts itself (masked).
    """
    model.eval()
    device = next(model.parameters()).device
    total, right, count = 0.0, 0, 0
    for start in range(0, len(rows), 8):
        report.beat("Measuring")
        batch = {key: value.to(device) for key, value in collate(list(rows[start : start + 8])).items()}
        labels = batch.pop("labels")[:, shift:]
        with torch.inference_mode(), autocast(device.type):
            logits = model(**batch).logits
        logits = (logits[:, :-shift] if shift else logits)[labels != IGNORED].float()
        wanted = labels[labels != IGNORED]
        total += float(torch.nn.functional.cross_entropy(logits, wanted, reduction="sum"))
        right += int((logits.argmax(-1) == wanted).sum())
        count += len(wanted)
    loss = total / max(1, count)
    return {
        "loss": round(loss, 4),
        "perplexity": round(math.exp(min(loss, 50)), 3),
        "token_accuracy": round(right / max(1, count), 4),
        "rows": len(rows),
    }
