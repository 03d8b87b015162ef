"""Two models side by side on one text: both explanations, and how far they agree."""

from typing import Any

from tools.errors import BadArgument
from tools.explain.explain import explain
from tools.serving.predictor import Predictor


def versus(
    first: Predictor,
    second: Predictor,
    text: str,
    method: str | None = None,
    target: str | None = None,
    names: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Explain what two models say of one text.

    Args:
        first: a model.
        second: another one of the same task.
        text: the text.
        method: as for :func:`tools.explain.explain.explain`.
        target: as there, for both.
        names: what the user calls them: two versions of a model have the same name of their own.

    Returns:
        The first one's explanation with ``model``; ``versus`` is the second one's, and ``agreement`` says whether both
        give the same label and how their orders of the words correlate (Spearman).

    Raises:
        BadArgument: they are of different tasks, or compare texts.
    """
    if first.task != second.task or first.task == "embedding":
        raise BadArgument(
            f"{first.name} ({first.task}) and {second.name} ({second.task}) cannot stand side by side.",
            "Name two classifiers of one task.",
            param="versus",
        )
    called = names or (first.name, second.name)
    both = [explain(each, text, method, target) for each in (first, second)]
    labels = [each["prediction"]["label"] for each in both]
    return {
        "model": called[0],
        **both[0],
        "versus": {"model": called[1], **both[1]},
        "agreement": {"same_label": labels[0] == labels[1], "rank_correlation": _correlation(*both)},
    }


def _correlation(first: dict[str, Any], second: dict[str, Any]) -> float | None:
    """Spearman's of the attributions; None where the words are too few, or one model cares for none of them."""
    from scipy.stats import spearmanr

    name = "patches" if "patches" in first else "tokens"
    values = [[each["attribution"] for each in side[name]] for side in (first, second)]
    if len(values[0]) < 3 or len(values[0]) != len(values[1]) or any(len(set(side)) < 2 for side in values):
        return None
    return round(float(spearmanr(*values).statistic), 4)
