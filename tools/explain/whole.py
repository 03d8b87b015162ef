"""A model explained as a whole for the agent: what a language model can hold, and all of it on a page."""

from typing import Any

from tools.explain.overview import overview
from tools.explain.overview_page import overview_html, title
from tools.workspace import HELD_OUT, Workspace

LABELS, WORDS, EACH = (
    50,
    5,
    5,
)  # classes, words a class, and pairs or kinds of rows that are told; the page has more


def explain_whole(workspace: Workspace, model: str, dataset: str) -> dict[str, Any]:
    """Explain a text classifier over rows with labels.

    Args:
        workspace: where model and dataset are.
        model: the model's name.
        dataset: a dataset's name, or :data:`tools.workspace.HELD_OUT` for the held-out rows of its training.

    Returns:
        ``{"model", "dataset", "rows", "explained", "method", "metrics", "words": {label: [word]}, "labels", "confused",
        "slices", "label_errors", "calibration": {"error"}, "warnings", "artifacts"}``; ``labels`` and ``label_errors``
        are counts.

    Raises:
        Unsupported, BadData, NotFound: as :func:`tools.explain.overview.overview`.
    """
    entry, data = workspace.model(model), None if dataset == HELD_OUT else workspace.dataset(dataset)
    found = overview(workspace.predictor(model), entry.info, data)
    page = workspace.artifact("explanation", title(found), ".html")
    page.write_text(overview_html(found), encoding="utf-8")
    shown = [{"kind": "explanation", "path": str(page), "title": f"What drives {title(found)}"}]
    return {"model": model, "dataset": dataset, **_short(found), "artifacts": shown}


def _short(found: dict[str, Any]) -> dict[str, Any]:
    words = list(found["words"].items())
    return {
        **{key: found[key] for key in ("rows", "explained", "method", "metrics")},
        "words": {label: [each["word"] for each in named[:WORDS]] for label, named in words[:LABELS]},
        "labels": len(words),
        "confused": [{**pair, "examples": pair["examples"][:1]} for pair in found["confused"][:EACH]],
        "slices": found["slices"][:EACH],
        "label_errors": found["label_error_count"],
        "calibration": {"error": found["calibration"]["error"]},
        "warnings": found["warnings"],
    }
