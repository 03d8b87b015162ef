"""Two versions of a model side by side: which one answers whom, and what their answers have in common.

Nothing here keeps a text: answers become a verdict, and verdicts become counts.
"""

import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

# Upper ends of the latency classes in seconds, each a fifth above the one before: percentiles are right to about 10 %.
EDGES = tuple(round(0.0005 * 1.2**i, 6) for i in range(76))
LONGEST_LABEL = 80  # characters


class Verdict(NamedTuple):
    """What a model said of one text: comparable, with its label and how sure it was, where it has those."""

    said: Hashable
    label: str | None = None
    confidence: float | None = None


def other_side(key: str, salt: str, share: float) -> bool:
    """Whether a caller belongs to the part that the other version answers; the same caller always does or never.

    Callers of a small share stay in it when the share grows.

    Args:
        key: what tells callers apart.
        salt: what tells one division from another.
        share: percent.
    """
    digest = hashlib.sha256(f"{salt}\0{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") * 100 < share * 2**64


def verdicts(answers: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    """Predictions (see ``tools.serving.predictor.Predictor.predict``) as verdicts; those of embeddings have none."""
    return [_verdict(answer) for answer in answers if "embedding" not in answer]


def _verdict(answer: Mapping[str, Any]) -> Verdict:
    if "entities" in answer:
        found = answer["entities"]
        scores = [each["score"] for each in found if each.get("score") is not None]
        spans = frozenset((each.get("start"), each.get("end"), each.get("entity")) for each in found)
        return Verdict(spans, None, sum(scores) / len(scores) if scores else None)
    if "labels" in answer:  # of several labels each is sure in its own way: the least sure one counts
        scores = [max(value, 1 - value) for value in answer.get("scores", {}).values()]
        said = tuple(sorted(answer["labels"]))
        return Verdict(said, " + ".join(said) or "none", min(scores, default=None))
    if "text" in answer:
        return Verdict(str(answer["text"]).strip())
    return Verdict(answer.get("label"), str(answer.get("label")), answer.get("score"))


def counted(seconds: float, found: Iterable[Verdict]) -> dict[str, float]:
    """One answered request as figures that add up."""
    found = list(found)
    sure = [each.confidence for each in found if each.confidence is not None]
    figures = {
        "requests": 1.0,
        "texts": float(len(found)),
        "seconds": seconds,
        f"class {_class(seconds)}": 1.0,
    }
    if sure:
        figures |= {"sure": float(sum(sure)), "scored": float(len(sure))}
    for verdict in found:
        if verdict.label is not None:
            key = f"label {verdict.label[:LONGEST_LABEL]}"
            figures[key] = figures.get(key, 0.0) + 1
    return figures


def compared(ours: Sequence[Verdict], theirs: Sequence[Verdict]) -> dict[str, float]:
    """How often two versions said the same, as figures that add up."""
    if len(ours) != len(theirs) or not ours:
        return {}
    same = sum(a.said == b.said for a, b in zip(ours, theirs, strict=True))
    return {"compared": float(len(ours)), "agreed": float(same)}


def summary(figures: Mapping[str, float]) -> dict[str, Any]:
    """The figures of one version for people and programs; what was not measured is None."""
    requests, scored = figures.get("requests", 0), figures.get("scored", 0)
    classes = [figures.get(f"class {i}", 0) for i in range(len(EDGES) + 1)]
    labels = {key.removeprefix("label "): int(n) for key, n in figures.items() if key.startswith("label ")}
    return {
        "requests": int(requests),
        "failed": int(figures.get("failed", 0)),
        "confidence": round(figures["sure"] / scored, 4) if scored else None,
        "latency_ms": {
            "mean": round(1000 * figures["seconds"] / requests, 2) if requests else None,
            **{f"p{percent}": _percentile(classes, percent) for percent in (50, 95)},
        },
        "labels": dict(sorted(labels.items(), key=lambda item: -item[1])),
    }


def _class(seconds: float) -> int:
    return next((i for i, edge in enumerate(EDGES) if seconds <= edge), len(EDGES))


def _percentile(classes: Sequence[float], percent: int) -> float | None:
    """In milliseconds, from how many requests each latency class has; None where there are none."""
    wanted = sum(classes) * percent / 100
    for i, count in enumerate(classes):
        if count and wanted <= count:
            low, high = EDGES[i - 1] if i else 0.0, EDGES[min(i, len(EDGES) - 1)]
            return round(1000 * (low + (high - low) * wanted / count), 2)
        wanted -= count
    return None
