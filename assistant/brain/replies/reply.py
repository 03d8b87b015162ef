"""A composed reply, and the small wordings that several replies share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What the assistant says about a result, and next steps to offer as buttons."""

    text: str
    suggestions: list[str] = field(default_factory=list)


def percent(value: Any) -> str:
    """A share as users read it: ``92.9 %``; a dash where it is not known."""
    return f"{float(value) * 100:.1f} %" if isinstance(value, int | float) else "–"


def count(value: Any) -> str:
    """A whole number with thousands separated."""
    return f"{int(value):,}" if isinstance(value, int | float) else "–"


def duration(seconds: Any, language: str) -> str:
    """Seconds as users read them; empty where they are not known."""
    if not isinstance(seconds, int | float):
        return ""
    if seconds < 90:
        return f"{max(1, round(seconds))} {'秒' if language == 'zh' else 's'}"
    if seconds < 5400:
        return f"{round(seconds / 60)} {'分钟' if language == 'zh' else 'min'}"
    return f"{seconds / 3600:.1f} {'小时' if language == 'zh' else 'h'}"


def listing(items: Sequence[str], language: str, most: int = 6) -> str:
    """Items in one line, the rest counted."""
    items = [str(item) for item in items]
    shown, more = items[:most], len(items) - most
    joined = ("、" if language == "zh" else ", ").join(shown)
    if more <= 0:
        return joined
    return f"{joined} 等共 {len(items)} 个" if language == "zh" else f"{joined} and {more} more"


def scores_of(metrics: Mapping[str, Any], language: str) -> str:
    """The metrics that matter in one line: ``accuracy 92.9 %, F1 92.7 %``."""
    names = {
        "accuracy": ("accuracy", "准确率"),
        "precision": ("precision", "精确率"),
        "recall": ("recall", "召回率"),
        "f1": ("F1", "F1"),
    }
    at = 1 if language == "zh" else 0
    parts = [
        f"{names[key][at]} {percent(metrics[key])}"
        for key in names
        if isinstance(metrics.get(key), int | float)
    ]
    others = {
        "perplexity": "perplexity",
        "loss": "loss",
        "spearman": "Spearman",
        "recall@1": "recall@1",
        "mrr": "MRR",
    }
    if not parts:
        parts = [
            f"{name} {metrics[key]:.3g}"
            for key, name in others.items()
            if isinstance(metrics.get(key), int | float)
        ]
    return ("，" if language == "zh" else ", ").join(parts)
