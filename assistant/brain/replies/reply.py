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


# Measures that are told, in their order: their names in English and Chinese, and whether they are shares of one.
MEASURES = {
    "accuracy": ("accuracy", "准确率", True),
    "precision": ("precision", "精确率", True),
    "recall": ("recall", "召回率", True),
    "f1": ("F1", "F1", True),
    "perplexity": ("perplexity", "困惑度", False),
    "loss": ("loss", "损失", False),
    "token_accuracy": ("token accuracy", "词元准确率", True),
    "accuracy@1": ("accuracy@1", "accuracy@1", True),
    "accuracy@5": ("accuracy@5", "accuracy@5", True),
    "mrr": ("MRR", "MRR", False),
    "spearman": ("Spearman", "Spearman", False),
}
UNTRAINED = {
    "majority": ("always saying the most frequent label", "总是猜最常见的标签"),
    "frozen": ("an untrained encoder with logistic regression", "未微调的编码器加逻辑回归"),
    "frozen_encoder": ("an untrained encoder with logistic regression", "未微调的编码器加逻辑回归"),
}
AS_IT_WAS = {  # where no labels are learned
    "frozen_encoder": ("the untrained encoder", "未微调的编码器"),
    "base_model": ("the base model as it was", "未微调的基座模型"),
    "word_frequencies": ("guessing words by how frequent they are", "按词频猜词"),
}


def scores_of(metrics: Mapping[str, Any], language: str) -> str:
    """The metrics that matter in one line: ``accuracy 92.9 %, F1 92.7 %``."""
    at = 1 if language == "zh" else 0
    parts = [
        f"{names[at]} {percent(metrics[key]) if share else _figure(metrics[key])}"
        for key, (*names, share) in MEASURES.items()
        if isinstance(metrics.get(key), int | float)
    ]
    return ("，" if at else ", ").join(parts)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def baselines_of(baseline: Mapping[str, Any], language: str) -> list[str]:
    """A line about what needs no training, measured on the same rows; none where nothing was."""
    at = 1 if language == "zh" else 0
    parts = []
    for key, value in baseline.items():
        score = value.get("accuracy", value.get("f1")) if isinstance(value, dict) else value
        if isinstance(score, int | float) and 0 <= score <= 1:
            parts.append(f"{UNTRAINED.get(key, (key.replace('_', ' '), key))[at]} {percent(score)}")
        elif isinstance(value, dict) and key in AS_IT_WAS:
            told = scores_of(value, language)
            parts.append(f"{AS_IT_WAS[key][at]}（{told}）" if at else f"{AS_IT_WAS[key][at]} ({told})")
    if not parts:
        return []
    return [f"作为对照：{'，'.join(parts)}。" if at else f"For comparison: {', '.join(parts)}."]
