"""What one gets without fine-tuning, measured on the same rows: the honest yardstick of every run."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tools.finetune.metrics import classification

# The measure that decides, by task; where fewer is better it is negated.
DECISIVE = ("mrr", "f1", "accuracy", "perplexity")
NAMES = {
    "majority": "always giving the most frequent label",
    "frozen_encoder": "the frozen encoder",
    "usual_tag_of_the_word": "giving each word its usual tag",
    "word_frequencies": "guessing words by how frequent they are",
    "base_model": "the base model as it was",
}


def worse(
    metrics: Mapping[str, float], baseline: Mapping[str, Mapping[str, float]], method: str, head: bool
) -> list[str]:
    """Sentences about the untrained ways that did better than the model on the same held-out rows.

    Args:
        metrics: the model's.
        baseline: those of the untrained ways, by name.
        method: how the model was trained.
        head: whether the task knows the method ``head``, which is the frozen encoder's classifier.
    """
    name = "accuracy" if head else next((name for name in DECISIVE if name in metrics), None)
    if name is None:
        return []
    sign = -1 if name == "perplexity" else 1
    beaten = {
        way: values[name]
        for way, values in baseline.items()
        if name in values and sign * values[name] > sign * metrics[name]
    }
    if method == "head":  # differs from the frozen baseline by its strength alone
        beaten.pop("frozen_encoder", None)
    if not beaten:
        return []
    way = max(beaten, key=lambda each: sign * beaten[each])
    advice = (
        "use the method head" if head and "frozen_encoder" in beaten else "give it more rows or more epochs"
    )
    better = NAMES.get(way, way.replace("_", " "))
    return [
        f"On the held-out rows this model does worse ({name} {_shown(name, metrics[name])}) than "
        f"{better} ({_shown(name, beaten[way])}): {advice}."
    ]


def _shown(name: str, value: float) -> str:
    return f"{value:.3g}" if name == "perplexity" else f"{value:.1%}"


def majority(train: Sequence[str], truth: Sequence[str]) -> dict[str, float]:
    """Always the most frequent label of the training rows."""
    answer = Counter(train).most_common(1)[0][0]
    return classification(truth, [answer] * len(truth))
