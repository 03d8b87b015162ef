"""Why a text classifier gave its label: which words spoke for it and which against."""

import zlib
from collections.abc import Sequence
from typing import Any

from tools.errors import NotFound, did_you_mean
from tools.explain.attribution import USUAL, Asked, Effort, Reading, Values, attribute, read, shares
from tools.explain.faithful import faithfulness, perturbations
from tools.explain.passes import probabilities, remembering
from tools.explain.words import Word, split_words

MOST_WINDOWS = 4
AT_ONCE = 32  # texts that are explained together; between them others have their turn at the model
FAR_OFF = 0.5  # a convergence delta, in log-probability, that is told
UNMOVED = 0.0005  # a change of the probability below it is shown as none
STILL = (
    "Without any one part of it the probability stays as it is, so sure is the model: the method integrated-gradients "
    "tells more, as it shares out the log-probability."
)


def explain_texts(
    model: Any,
    texts: Sequence[str],
    method: str,
    targets: Sequence[str | None],
    effort: Effort = USUAL,
) -> list[dict[str, Any]]:
    """Explain what a classifier says of texts, all together.

    Args:
        model: a ``tools.finetune.task.Classifier``; nobody else may use it meanwhile.
        texts: n texts, :data:`AT_ONCE` at most for the sake of memory.
        method: one of ``tools.explain.explain.METHODS``.
        targets: the label to explain of each; the predicted one where None.
        effort: what may be read for each.

    Raises:
        NotFound: the model knows no such label.
    """
    with remembering():
        return _explained(model, texts, method, targets, effort)


def _explained(
    model: Any, texts: Sequence[str], method: str, targets: Sequence[str | None], effort: Effort
) -> list[dict[str, Any]]:
    columns = [_column(model, target) for target in targets]
    readings = [read(model, text) for text in texts]
    rows = probabilities(model, [each.text for each in readings])
    asked = _asked(readings, rows, columns)
    values = attribute(model, asked, method, effort)
    faith = _faithfulness(model, asked, values, [seed_of(text) for text in texts], effort)
    explained = []
    for number, text in enumerate(texts):
        each, found = asked[number], values[number]
        explanation = {
            "prediction": prediction(model, rows[number]),
            "target": model.labels[each.target],
            "method": method,
            "tokens": tokens(each.reading.words, found.values),
            "faithfulness": faith[number],
            **integral(found),
            "notes": _notes(model, each),
        }
        explanation = _beyond(explanation, model, text, each, method, effort)
        explanation["notes"] += reservations(found)
        explained.append(explanation)
    return explained


def _faithfulness(
    model: Any, asked: Sequence[Asked], values: Sequence[Values], seeds: Sequence[int], effort: Effort
) -> list[dict[str, float]]:
    """How true the attributions of each text are, all measured together."""
    away = [
        [each.reading.without(part) for part in perturbations(found.values, seed, effort.orders)]
        for each, found, seed in zip(asked, values, seeds, strict=True)
    ]
    left = shares(model, away, asked)
    return [faithfulness(each.probability, some) for each, some in zip(asked, left, strict=True)]


def integral(found: Values) -> dict[str, Any]:
    """What an explanation says of its integral; None where there is none."""
    return {
        "convergence_delta": None if found.delta is None else round(found.delta, 6),
        "steps": found.steps,
    }


def reservations(found: Values) -> list[str]:
    """A note where attributions in log-probability do not add up to what they share out, or no part moves a share."""
    if found.delta is None:
        still = found.values and max(map(abs, found.values)) < UNMOVED
        return [STILL] if still else []
    if found.delta <= FAR_OFF:
        return []
    return [
        f"The gradients' {found.steps} steps are {found.delta:.2f} off the log-probability that they share out: take "
        "small differences between words for none."
    ]


def _column(model: Any, label: str | None) -> int | None:
    if label is None:
        return None
    if label not in model.labels:
        raise NotFound(
            f"The model knows no label {label}.", did_you_mean(label, model.labels), param="target"
        )
    return list(model.labels).index(label)


def _asked(readings: Sequence[Reading], rows: Any, columns: Sequence[int | None]) -> list[Asked]:
    targets = [
        int(row.argmax()) if column is None else column for row, column in zip(rows, columns, strict=True)
    ]
    return [
        Asked(reading, target, float(row[target]))
        for reading, target, row in zip(readings, targets, rows, strict=True)
    ]


def seed_of(text: str) -> int:
    """The seed of a text's random orders: the same each time."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def notes_on(
    words: Sequence[Word], ids: Sequence[int], special: Sequence[int], unknown: int | None
) -> list[str]:
    """What is special about a text: it is one word, or the model can hardly read it.

    Args:
        words: of the text.
        ids: its tokens.
        special: which of them the tokenizer has added (1).
        unknown: the token that stands for what the vocabulary lacks.
    """
    notes = []
    if len(words) == 1:
        notes.append(
            "The text is one word, so there is nothing to compare it with: what comes out rests on it alone."
        )
    ordinary = [token for token, added in zip(ids, special, strict=True) if not added]
    if unknown is not None and ordinary.count(unknown) > len(ordinary) / 2:
        notes.append(
            "The model's vocabulary lacks most signs of this text, so it can hardly tell its words apart."
        )
    return notes


def _notes(model: Any, asked: Asked) -> list[str]:
    reading = asked.reading
    return notes_on(reading.words, reading.ids, reading.special, model.tokenizer.unk_token_id)


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


def with_unread(found: Sequence[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """The words of a whole text, those that were not read without influence; one that was read in part is whole.

    Args:
        found: the words that were read, as :func:`tokens` has them.
        text: the whole text.
    """
    words = split_words(text)
    values = [each["attribution"] for each in found]
    return tokens(words, [*values, *[0.0] * (len(words) - len(values))])


def _beyond(
    explanation: dict[str, Any], model: Any, text: str, asked: Asked, method: str, effort: Effort
) -> dict[str, Any]:
    """Add what the model did not read: words without influence, and each further window on its own."""
    length = len(asked.reading.text)
    if not text[length:].strip():
        return explanation
    explanation["tokens"] = with_unread(explanation["tokens"], text)
    explanation["windows"] = _windows(model, text, length, method, asked.target, effort)
    explanation["notes"].append(
        f"The text is longer than the model's window of {model.max_length} tokens. The label rests on its first "
        f"{length:,} characters; words after them had no influence. The following parts were explained as if each "
        "were a text of its own."
    )
    explanation["notes"] += rest_of(text, explanation["windows"], length)
    return explanation


def _next(text: str, start: int, end: int) -> int:
    """Where the next window begins: at the end of the last one (``start`` to ``end``), or at the word that it cuts."""
    cut = [word.start for word in split_words(text[start:]) if word.start < end - start < word.end]
    return start + cut[0] if cut and cut[0] else end


def further(model: Any, text: str, length: int) -> list[tuple[int, Reading]]:
    """The windows of a text after the first, not more than :data:`MOST_WINDOWS`, and where each begins.

    Args:
        model: has ``tokenizer`` and ``max_length``.
        text: the whole text.
        length: of what the model reads of it.
    """
    found: list[tuple[int, Reading]] = []
    start = _next(text, 0, length)
    while len(found) < MOST_WINDOWS and text[start:].strip():
        part = read(model, text[start:])
        if not part.text.strip():
            break
        found.append((start, part))
        start = _next(text, start, start + len(part.text))
    return found


def rest_of(text: str, windows: Sequence[dict[str, Any]], length: int) -> list[str]:
    """A note where something follows after the last window, or after what is read of a text without any."""
    last = windows[-1]["end"] if windows else length
    return [f"What follows after character {last:,} was not explained."] if text[last:].strip() else []


def _windows(
    model: Any, text: str, length: int, method: str, target: int, effort: Effort
) -> list[dict[str, Any]]:
    found = further(model, text, length)
    starts, parts = [start for start, _ in found], [part for _, part in found]
    rows = probabilities(model, [part.text for part in parts])
    asked = _asked(parts, rows, [target] * len(parts))
    values = attribute(model, asked, method, effort)
    faith = _faithfulness(model, asked, values, [seed_of(part.text) for part in parts], effort)
    return [
        {
            "start": begin,
            "end": begin + len(part.text),
            "prediction": {"label": model.labels[int(row.argmax())], "score": round(float(row.max()), 6)},
            "tokens": tokens(part.words, found.values, begin),
            "faithfulness": figures,
            **integral(found),
        }
        for begin, part, row, found, figures in zip(starts, parts, rows, values, faith, strict=True)
    ]
