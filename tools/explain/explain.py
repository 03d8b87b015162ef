"""Why a classifier gave its label: which words spoke for it and which against, and how far that can be trusted."""

import zlib
from typing import Any

from tools.errors import BadArgument, Unsupported, did_you_mean
from tools.explain.page import heatmap_html as heatmap_html
from tools.explain.page import page_html as page_html
from tools.explain.words import Word, split_words
from tools.serving.predictor import LONGEST, Predictor

METHODS = ("integrated-gradients", "occlusion")
MOST_WINDOWS = 4


def explain(predictor: Predictor, text: str, method: str = METHODS[0]) -> dict[str, Any]:
    """Explain the prediction on one text.

    Args:
        predictor: a text-classification model.
        text: the text.
        method: ``integrated-gradients`` or ``occlusion``.

    Returns:
        ``{"prediction", "method", "tokens": [{"text", "start", "end", "attribution"}], "faithfulness",
        "convergence_delta"}``. Tokens are words; attributions are signed, in log-probability for integrated gradients
        and in probability for occlusion. ``notes`` says what is special, and ``windows`` explains what lies beyond
        the model's window, each part as if it were the text.

    Raises:
        BadArgument: an empty or enormous text, or an unknown method.
        Unsupported: the model is no text classifier.
    """
    _check(predictor, text, method)
    with predictor.lock:
        return _explain(predictor.model, text, method)


def _check(predictor: Predictor, text: str, method: str) -> None:
    if method not in METHODS:
        raise BadArgument(f"There is no method {method}.", did_you_mean(method, METHODS), param="method")
    if predictor.task != "text-classification":
        raise Unsupported(
            f"{predictor.name} is a {predictor.task} model; only text-classification models are explained yet.",
            "Name a text-classification model.",
            param="model",
        )
    if not split_words(text):
        raise BadArgument("The text is empty.", "Write the text whose label you ask about.", param="text")
    if len(text) > LONGEST:
        raise BadArgument(
            f"The text has {len(text):,} characters; {LONGEST:,} at most.", "Cut it.", param="text"
        )


def _explain(model: Any, text: str, method: str) -> dict[str, Any]:
    from tools.explain.attribution import probabilities, read_part
    from tools.explain.faithful import faithfulness

    read = text[: read_part(model, text)]
    row = probabilities(model, [read])[0]
    target = int(row.argmax())
    words, values, delta = _attribute(model, read, method, target, float(row[target]))
    seed = zlib.crc32(text.encode("utf-8", "surrogatepass"))
    explanation: dict[str, Any] = {
        "prediction": _prediction(model, row),
        "method": method,
        "tokens": _tokens(words, values),
        "faithfulness": faithfulness(
            lambda texts: probabilities(model, texts), read, words, values, target, float(row[target]), seed
        ),
        "convergence_delta": None if delta is None else round(delta, 6),
        "notes": [],
    }
    return _beyond(explanation, model, text, len(read), method, target)


def _attribute(
    model: Any, text: str, method: str, target: int, probability: float
) -> tuple[list[Word], list[float], float | None]:
    from tools.explain.attribution import integrated_gradients, occlusion

    if method == "occlusion":
        return occlusion(model, text, target, probability)
    return integrated_gradients(model, text, target)


def _prediction(model: Any, row: Any) -> dict[str, Any]:
    order = row.argsort()[::-1]
    scores = {model.labels[i]: round(float(row[i]), 6) for i in order}
    best = next(iter(scores))
    found = {"label": best, "score": scores[best], "scores": scores}
    threshold = getattr(model, "threshold", None)
    if threshold is not None:
        found["labels"] = [name for name, share in scores.items() if share >= threshold]
    return found


def _tokens(words: list[Word], values: list[float], shift: int = 0) -> list[dict[str, Any]]:
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
    explanation: dict[str, Any], model: Any, text: str, read: int, method: str, target: int
) -> dict[str, Any]:
    """Add what the model did not read: words without influence, and each further window on its own."""
    unread = [word for word in split_words(text) if word.start >= read]
    if not unread:
        return explanation
    explanation["tokens"] += _tokens(unread, [0.0] * len(unread))
    explanation["windows"] = _windows(model, text, unread[0].start, method, target)
    explanation["notes"].append(
        f"The text is longer than the model's window of {model.max_length} tokens. The label rests on its first "
        f"{read:,} characters; words after them had no influence. The following parts were explained as if each "
        "were a text of its own."
    )
    return explanation


def _windows(model: Any, text: str, start: int, method: str, target: int) -> list[dict[str, Any]]:
    from tools.explain.attribution import probabilities, read_part

    windows: list[dict[str, Any]] = []
    while len(windows) < MOST_WINDOWS and text[start:].strip():
        part = text[start : start + read_part(model, text[start:])]
        if not part.strip():
            break
        row = probabilities(model, [part])[0]
        words, values, _ = _attribute(model, part, method, target, float(row[target]))
        windows.append(
            {
                "start": start,
                "end": start + len(part),
                "prediction": {
                    "label": model.labels[int(row.argmax())],
                    "score": round(float(row.max()), 6),
                },
                "tokens": _tokens(words, values, start),
            }
        )
        start += len(part)
    return windows
