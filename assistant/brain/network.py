"""The trained encoder with its heads: one pass over a message gives tool, act, slots and pointers.

How it was trained: ``assistant.brain.recipe.network``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.bert import Bert

if TYPE_CHECKING:
    import numpy as np

    from assistant.brain.encoding import Encoded


@dataclass(frozen=True)
class Output:
    """Logits of a message: tools ``[19]``, acts ``[4]``, asks ``[15]``; of each token: tags ``[tokens, 27]`` and
    pointers ``[tokens, 16]``.
    """

    tool: "np.ndarray"
    act: "np.ndarray"
    asks: "np.ndarray"
    tags: "np.ndarray"
    pointers: "np.ndarray"


class Network:
    """Encoder and heads.

    Args:
        encoder: gives hidden states.
        heads: weights and biases of the linear layers ``mix``, ``tool``, ``act``, ``asks``, ``tags`` and ``pointers``.
    """

    def __init__(self, encoder: Bert, heads: "Mapping[str, np.ndarray]"):
        self._encoder, self._heads = encoder, heads

    def __call__(self, batch: "Sequence[Encoded]") -> list[Output]:
        """What is seen in each of some messages."""
        hidden = self._encoder.hidden([each.ids for each in batch], [each.segments for each in batch])
        return [
            self._seen(rows[: len(each.ids)], each.segments) for each, rows in zip(batch, hidden, strict=True)
        ]

    def _seen(self, hidden: "np.ndarray", segments: Sequence[int]) -> Output:
        import numpy as np

        message = hidden[: len(segments) - sum(segments)]  # what was said before stands behind it
        whole = np.tanh(self._linear("mix", np.concatenate([hidden[0], message.mean(0)])))
        return Output(
            *(self._linear(name, whole) for name in ("tool", "act", "asks")),
            *(self._linear(name, hidden) for name in ("tags", "pointers")),
        )

    def _linear(self, name: str, values: "np.ndarray") -> "np.ndarray":
        found: np.ndarray = values @ self._heads[f"{name}.weight"].T + self._heads[f"{name}.bias"]
        return found


def log_softmax(logits: "np.ndarray") -> "np.ndarray":
    """Log-probabilities along the last axis."""
    import numpy as np

    shifted = logits - logits.max(-1, keepdims=True)
    found: np.ndarray = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return found
