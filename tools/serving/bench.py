"""How fast a model answers, measured under load from several callers at once."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tools.errors import BadArgument, Unsupported
from tools.serving.predictor import Predictor

SAMPLES = (
    "Where is my order?",
    "I was charged twice for the same order, please give me my money back.",
    "The app closes whenever I open the settings page on my phone.",
    "How do I change the delivery address of a parcel that has not been sent yet?",
    "Please cancel my subscription at the end of this month and confirm it by mail.",
)
REPLY_TOKENS = 32
LIMIT_SECONDS = 30.0
STEP_SECONDS = 3.0  # for each number of callers below
Answers = list[tuple[float, str]]  # seconds of each request, and the text whose tokens count


def bench(
    predictor: Predictor,
    texts: Sequence[str] | None = None,
    concurrency: int = 8,
    requests: int = 200,
    picture: Path | None = None,
) -> dict[str, Any]:
    """Send one-text requests from several threads and time them. Stops early after 30 seconds.

    Args:
        predictor: the model.
        texts: sent in turn; ordinary support questions where left out.
        concurrency: callers at once.
        requests: requests in all.
        picture: draw it here (PNG), for which fewer callers are tried too, a few seconds each.

    Returns:
        ``{"requests_per_second", "latency_ms": {"p50", "p95", "p99"}, "tokens_per_second"}``, how many requests
        were made and with how many callers. Tokens are those read; for text-generation those written. With a picture
        also ``picture``, ``artifacts``, and ``by_callers``: what is drawn for each number of callers.

    Raises:
        BadArgument: a number below one.
        Unsupported: an image model, which has no texts to be tried on.
    """
    for name, value in (("concurrency", concurrency), ("requests", requests)):
        if value < 1:
            raise BadArgument(f"{name} must be at least 1.", "Ask for more.", param=name)
    if predictor.task == "image-classification" and texts is None:
        raise Unsupported("An image model cannot be measured with texts.", "Give paths of images.")
    load = list(texts or _samples(predictor))
    _ask(predictor, load[0])  # the first call is slower than all others
    answers, seconds = _answers(predictor, load, concurrency, requests, LIMIT_SECONDS)
    result = _figures(predictor, answers, seconds, concurrency)
    if picture:
        curve = [*_fewer(predictor, load, result), _point(concurrency, answers, seconds)]
        result |= _drawn(predictor, answers, curve, picture)
    return result


def _answers(
    predictor: Predictor, load: Sequence[str], concurrency: int, requests: int, limit: float
) -> tuple[Answers, float]:
    """What was answered within the limit, and how long all of it took."""
    began = time.perf_counter()
    with ThreadPoolExecutor(concurrency) as pool:
        jobs = (load[i % len(load)] for i in range(requests))
        timed = pool.map(lambda text: _timed(predictor, text, began + limit), jobs)
        answers = [each for each in timed if each]
    return answers, time.perf_counter() - began


def _fewer(predictor: Predictor, load: Sequence[str], result: dict[str, Any]) -> list[dict[str, Any]]:
    """How it does with one caller, two, four, and so on below the number asked for."""
    points, callers = [], 1
    while callers < result["concurrency"]:
        some = max(2 * callers, result["requests"] // 4)
        points.append(_point(callers, *_answers(predictor, load, callers, some, STEP_SECONDS)))
        callers *= 2
    return points


def _drawn(
    predictor: Predictor, answers: Answers, curve: list[dict[str, Any]], picture: Path
) -> dict[str, Any]:
    from tools.serving.speed_picture import speed_picture

    speed_picture(predictor.name, [1000 * spent for spent, _ in answers], curve, picture)
    artifact = {"kind": "speed", "title": f"How fast {predictor.name} answers", "path": str(picture)}
    return {"by_callers": curve, "picture": str(picture), "artifacts": [artifact]}


def _point(callers: int, answers: Answers, seconds: float) -> dict[str, Any]:
    import numpy

    slow = float(numpy.percentile([1000 * spent for spent, _ in answers], 95))
    rate = round(len(answers) / seconds, 2)
    return {"concurrency": callers, "requests_per_second": rate, "p95": round(slow, 2)}


def _samples(predictor: Predictor) -> tuple[str, ...]:
    if predictor.task != "masked-lm":
        return SAMPLES
    mask = getattr(getattr(predictor.model, "tokenizer", None), "mask_token", None) or "[MASK]"
    return tuple(text.replace(text.split()[-1], mask) for text in SAMPLES)


def _timed(predictor: Predictor, text: str, until: float) -> tuple[float, str] | None:
    """Seconds of one request and the text whose tokens count; None once the time is up."""
    start = time.perf_counter()
    if start > until:
        return None
    counted = _ask(predictor, text)
    return time.perf_counter() - start, counted


def _ask(predictor: Predictor, text: str) -> str:
    """One request. Returns the text whose tokens count: the answer of a generating model, else what was read."""
    if predictor.task == "text-generation":
        messages = [{"role": "user", "content": text}]
        return "".join(predictor.generate(messages, max_tokens=REPLY_TOKENS))
    predictor.predict([text])
    return text


def _tokens(predictor: Predictor, texts: Sequence[str]) -> int:
    """Tokens of all texts; counted after the load, because tokenizers cannot be shared while their settings change."""
    tokenizer = getattr(predictor.model, "tokenizer", None)
    if tokenizer is None:
        return sum(len(text.split()) for text in texts)
    with predictor.lock:
        lengths = {text: len(tokenizer.encode(text)) for text in set(texts)}
    return sum(lengths[text] for text in texts)


def _figures(predictor: Predictor, answers: Answers, seconds: float, concurrency: int) -> dict[str, Any]:
    import numpy

    tokens = _tokens(predictor, [text for _, text in answers])
    p50, p95, p99 = numpy.percentile([1000 * spent for spent, _ in answers], [50, 95, 99])
    return {
        "requests_per_second": round(len(answers) / seconds, 2),
        "latency_ms": {"p50": round(float(p50), 2), "p95": round(float(p95), 2), "p99": round(float(p99), 2)},
        "tokens_per_second": round(tokens / seconds, 1),
        "requests": len(answers),
        "concurrency": concurrency,
    }
