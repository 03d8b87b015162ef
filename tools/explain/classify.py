"""Why a text classifier gave its label: which words spoke for it and which against."""

import zlib
from collections.abc import Sequence
from typing import Any

from tools.errors import NotFound, did_you_mean
from tools.explain.attribution import Asked, Reading, attribute, read, shares
from tools.explain.faithful import faithfulness, perturbations
from tools.explain.passes import probabilities
from tools.explain.words import Word, split_words

MOST_WINDOWS = 4
AT_ONCE = 128  # texts that are explained together


def explain_texts(model: Any, texts: Sequence[str], method: str, target: str | None) -> list[dict[str, Any]]:
    """Explain what a classifier says of texts.

    Args:
        model: a ``tools.finetune.task.Classifier``; nobody else may use it meanwhile.
        texts: n texts.
        method: one of ``tools.explain.explain.METHODS``.
        target: the label to explain; the predicted one of each text where left out.

    Raises:
        NotFound: the model knows no such label.
    """
    column = None if target is None else _column(model, target)
    found: list[dict[str, Any]] = []
    for start in range(0, len(texts), AT_ONCE):
        found += _together(model, texts[start : start + AT_ONCE], method, column)
    return found


def _column(model: Any, label: str) -> int:
    if label not in model.labels:
        raise NotFound(
            f"The model knows no label {label}.", did_you_mean(label, model.labels), param="target"
        )
    return list(model.labels).index(label)


def _together(model: Any, texts: Sequence[str], method: str, column: int | None) -> list[dict[str, Any]]:
    readings = [read(model, text) for text in texts]
    rows = probabilities(model, [each.text for each in readings])
    asked = _asked(readings, rows, column)
    values = attribute(model, asked, method)
    away = [
        [each.reading.without(part) for part in perturbations(attributions, _seed(text))]
        for each, (attributions, _), text in zip(asked, values, texts, strict=True)
    ]
    left = shares(model, away, asked)
    explained = []
    for number, text in enumerate(texts):
        each, (attributions, delta) = asked[number], values[number]
        explanation = {
            "prediction": prediction(model, rows[number]),
            "target": model.labels[each.target],
            "method": method,
            "tokens": tokens(each.reading.words, attributions),
            "faithfulness": faithfulness(each.probability, left[number]),
            "convergence_delta": None if delta is None else round(delta, 6),
            "notes": _notes(model, each),
        }
        explained.append(_beyond(explanation, model, text, len(each.reading.text), method, each.target))
    return explained


def _asked(readings: Sequence[Reading], rows: Any, column: int | None) -> list[Asked]:
    targets = [int(row.argmax()) if column is None else column for row in rows]
    return [
        Asked(reading, target, float(row[target]))
        for reading, target, row in zip(readings, targets, rows, strict=True)
    ]


def _seed(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _notes(model: Any, asked: Asked) -> list[str]:
    notes = []
    if len(asked.reading.words) == 1:
        notes.append(
            "The text is one word, so there is nothing to compare it with: it alone drove the label."
        )
    unknown = model.tokenizer.unk_token_id
    ordinary = [i for i, special in zip(asked.reading.ids, asked.reading.special, strict=True) if not special]
    if unknown is not None and ordinary.count(unknown) > len(ordinary) / 2:
        notes.append(
            "The model's vocabulary lacks most signs of this text, so it can hardly tell its words apart."
        )
    return notes


def prediction(model: Any, row: Any) -> dict[str, Any]:
    """A row of probabilities as the contract prints it."""
    order = row.argsort()[::-1]
    scores = {model.labels[i]: round(float(row[i]), 6) for i in order}
    best = next(iter(scores))
    found = {"label": best, "score": scores[best], "scores": scores}
    threshold = getattr(model, "threshold", None)
    if threshold is not None:
        found["labels"] = [name for name, share in scores.items() if share >= threshold]
    return found


def tokens(words: Sequence[Word], values: Sequence[float], shift: int = 0) -> list[dict[str, Any]]:
    """Words with their attributions as the contract prints them.

    Args:
        words: the words.
        values: one each.
        shift: where their text begins in the whole one.
    """
    return [
        {
            "text": word.text,
            "start": word.start + shift,
            "end": word.end + shift,
            "attribution": round(value, 6),
        }
        for word, value in zip(words, values, strict=True)
    ]


def _beyond(
    explanation: dict[str, Any], model: Any, text: str, length: int, method: str, target: int
) -> dict[str, Any]:
    """Add what the model did not read: words without influence, and each further window on its own."""
    unread = [word for word in split_words(text) if word.start >= length]
    if not unread:
        return explanation
    explanation["tokens"] += tokens(unread, [0.0] * len(unread))
    explanation["windows"] = _windows(model, text, unread[0].start, method, target)
    explanation["notes"].append(
        f"The text is longer than the model's window of {model.max_length} tokens. The label rests on its first "
        f"{length:,} characters; words after them had no influence. The following parts were explained as if each "
        "were a text of its own."
    )
    last = explanation["windows"][-1]["end"] if explanation["windows"] else length
    if text[last:].strip():
        explanation["notes"].append(f"What follows after character {last:,} was not explained.")
    return explanation


def _windows(model: Any, text: str, start: int, method: str, target: int) -> list[dict[str, Any]]:
    starts: list[int] = []
    parts: list[Reading] = []
    while len(parts) < MOST_WINDOWS and text[start:].strip():
        part = read(model, text[start:])
        if not part.text.strip():
            break
        starts.append(start)
        parts.append(part)
        start += len(part.text)
    rows = probabilities(model, [part.text for part in parts])
    values = attribute(model, _asked(parts, rows, target), method)
    return [
        {
            "start": begin,
            "end": begin + len(part.text),
            "prediction": {"label": model.labels[int(row.argmax())], "score": round(float(row.max()), 6)},
            "tokens": tokens(part.words, attributions, begin),
        }
        for begin, part, row, (attributions, _) in zip(starts, parts, rows, values, strict=True)
    ]
