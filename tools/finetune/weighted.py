"""Training where labels are uneven: rows of rare labels count more, and all labels alike decide which weights are best.

Imported only with torch.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy
import torch
from transformers import Trainer

from tools.finetune.head import label_weights
from tools.finetune.metrics import macro_f1
from tools.finetune.noticed import uneven
from tools.finetune.parted import PartedTrainer

Measure = Callable[[Any], dict[str, float]]


class WeightedTrainer(PartedTrainer):
    """The same, but each row's loss counts as much as its label does.

    Args:
        weights: of each label, in the order of the logits; their mean over the training rows is 1.
    """

    def __init__(self, *args: Any, weights: Sequence[float], **options: Any):
        super().__init__(*args, **options)
        self.weights = torch.tensor(weights)

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The weighted cross-entropy, a mean over rows."""
        labels = inputs["labels"]
        outputs = model(**{name: each for name, each in inputs.items() if name != "labels"})
        losses = torch.nn.functional.cross_entropy(outputs.logits.float(), labels, reduction="none")
        loss = (losses * self.weights.to(losses.device)[labels]).mean() * self._share
        return (loss, outputs) if return_outputs else loss


def weights_of(rows: Sequence[int], labels: int) -> list[float] | None:
    """What a row of each label counts, see :func:`tools.finetune.head.label_weights`; None where all count alike.

    Args:
        rows: the label number of each training row.
        labels: how many there are.
    """
    counts = Counter(rows)
    if not uneven(counts.values()):
        return None
    each = label_weights(rows)
    mean = sum(each[label] * count for label, count in counts.items()) / len(rows)
    return [each.get(label, 0.0) / mean for label in range(labels)]


def by_labels(rows: Sequence[int], labels: int, measure: Measure) -> tuple[Callable[..., Trainer], Measure]:
    """The Trainer and the score of a classifier: the usual ones, or those for uneven labels.

    Args:
        rows: the label number of each training row; none where all rows shall count alike.
        labels: how many there are.
        measure: the usual score.
    """
    weights = weights_of(rows, labels)
    if weights is None:
        return PartedTrainer, measure
    return partial(WeightedTrainer, weights=weights), _score


def _score(prediction: Any) -> dict[str, float]:
    """Macro F1."""
    pairs = numpy.stack([prediction.label_ids, prediction.predictions.argmax(-1)], axis=1)
    return {"score": macro_f1(pairs, prediction.predictions.shape[-1])}
