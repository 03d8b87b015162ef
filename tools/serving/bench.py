"""How fast a model answers, measured under load from several callers at once."""

import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from tools.errors import BadArgument, Busy
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
PAUSE = 0.1  # seconds after which a request that was turned away is made again
MOST = {"concurrency": 256, "requests": 1_000_000}
PIXELS = 224  # of the sides of a picture
IMAGES = "image-classification"


class Load(NamedTuple):
    """What came of many requests.

    Attributes:
        answers: seconds of each request, and the text whose tokens count.
        refused: requests that were turned away, because too much waited, and made again.
        seconds: that all of it took.
    """

    answers: list[tuple[float, str]]
    refused: int
    seconds: float


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
        texts: sent in turn; ordinary support questions (to an image model a picture of noise) where left out.
        concurrency: callers at once.
        requests: requests in all.
        picture: draw it here (PNG), for which fewer callers are tried too, a few seconds each.

    Returns:
        ``{"requests_per_second", "latency_ms": {"p50", "p95", "p99"}, "tokens_per_second"}``, how many requests
        were made, with how many callers, and how many were ``refused`` and made again. Tokens are those read; for
        text-generation those written; None for an image model. With a picture also ``picture``, ``artifacts``, and
        ``by_callers``: what is drawn for each number of callers.

    Raises:
        BadArgument: a number that is too small or too large.
        Busy: nothing was answered within the time.
    """
    for name, value in (("concurrency", concurrency), ("requests", requests)):
        if value < 1:
            raise BadArgument(f"{name} must be at least 1.", "Ask for more.", param=name)
        if value > MOST[name]:
            raise BadArgument(f"{name} may be {MOST[name]:,} at most.", "Ask for less.", param=name)
    with tempfile.TemporaryDirectory(prefix="assistant-") as folder:
        asked = list(texts or _samples(predictor, Path(folder)))
        _ask(predictor, asked[0])  # the first call is slower than all others
        load = _load(predictor, asked, concurrency, requests, LIMIT_SECONDS)
        result = _figures(predictor, load, concurrency)
        if picture:
            curve = [*_fewer(predictor, asked, result), _point(concurrency, load)]
            result |= _drawn(predictor, load, curve, picture)
    return result


def _load(predictor: Predictor, texts: Sequence[str], concurrency: int, requests: int, limit: float) -> Load:
    """Have so many callers make requests, each the next one when the last is answered, until the time is up."""
    began = time.perf_counter()
    numbers = iter(range(requests))  # all callers take from it

    def calls(caller: str) -> tuple[list[tuple[float, str]], int]:
        answers, refused = [], 0
        for number in numbers:
            while (start := time.perf_counter()) < began + limit:
                try:
                    counted = _ask(predictor, texts[number % len(texts)], caller)
                except Busy:
                    refused += 1
                    time.sleep(PAUSE)
                else:
                    answers.append((time.perf_counter() - start, counted))
                    break
            else:
                break
        return answers, refused

    with ThreadPoolExecutor(concurrency) as pool:
        parts = list(pool.map(calls, [f"caller {number}" for number in range(concurrency)]))
    seconds = time.perf_counter() - began
    return Load([each for part, _ in parts for each in part], sum(refused for _, refused in parts), seconds)


def _fewer(predictor: Predictor, texts: Sequence[str], result: dict[str, Any]) -> list[dict[str, Any]]:
    """How it does with one caller, two, four, and so on below the number asked for."""
    points, callers = [], 1
    while callers < result["concurrency"]:
        some = max(2 * callers, result["requests"] // 4)
        points.append(_point(callers, _load(predictor, texts, callers, some, STEP_SECONDS)))
        callers *= 2
    return points


def _drawn(predictor: Predictor, load: Load, curve: list[dict[str, Any]], picture: Path) -> dict[str, Any]:
    from tools.serving.speed_picture import speed_picture

    speed_picture(predictor.name, [1000 * spent for spent, _ in load.answers], curve, picture)
    artifact = {"kind": "speed", "title": f"How fast {predictor.name} answers", "path": str(picture)}
    return {"by_callers": curve, "picture": str(picture), "artifacts": [artifact]}


def _point(callers: int, load: Load) -> dict[str, Any]:
    p95, rate = _percentiles(load, 95)[0], round(len(load.answers) / load.seconds, 2)
    return {"concurrency": callers, "requests_per_second": rate, "p95": p95}


def _percentiles(load: Load, *percents: int) -> list[float]:
    """Milliseconds.

    Raises:
        Busy: nothing was answered.
    """
    import numpy

    if not load.answers:
        raise Busy("The model has more to do than it can.", "Try again in a moment.")
    found = numpy.percentile([1000 * spent for spent, _ in load.answers], percents)
    return [round(float(each), 2) for each in found]


def _samples(predictor: Predictor, folder: Path) -> tuple[str, ...]:
    """What to ask it, files in the folder."""
    if predictor.task == IMAGES:
        import numpy
        from PIL import Image

        noise = numpy.random.default_rng(0).integers(0, 256, (PIXELS, PIXELS, 3), numpy.uint8)
        Image.fromarray(noise).save(folder / "noise.png")
        return (str(folder / "noise.png"),)
    if predictor.task != "masked-lm":
        return SAMPLES
    mask = getattr(getattr(predictor.model, "tokenizer", None), "mask_token", None) or "[MASK]"
    return tuple(text.replace(text.split()[-1], mask) for text in SAMPLES)


def _ask(predictor: Predictor, text: str, caller: str = "") -> str:
    """One request. Returns the text whose tokens count: the answer of a generating model, else what was read."""
    if predictor.task == "text-generation":
        messages = [{"role": "user", "content": text}]
        return "".join(predictor.generate(messages, max_tokens=REPLY_TOKENS, caller=caller))
    predictor.predict([text], caller)
    return text


def _tokens(predictor: Predictor, texts: Sequence[str]) -> int:
    """Tokens of all texts; counted after the load, because tokenizers cannot be shared while their settings change."""
    model = predictor.model  # an embedding model has its tokenizer in its encoder
    tokenizer = getattr(model, "tokenizer", None) or getattr(
        getattr(model, "encoder", None), "tokenizer", None
    )
    if tokenizer is None:
        return sum(len(text.split()) for text in texts)
    with predictor.lock:
        lengths = {text: len(tokenizer.encode(text)) for text in set(texts)}
    return sum(lengths[text] for text in texts)


def _figures(predictor: Predictor, load: Load, concurrency: int) -> dict[str, Any]:
    p50, p95, p99 = _percentiles(load, 50, 95, 99)
    read = predictor.task != IMAGES
    tokens = _tokens(predictor, [text for _, text in load.answers]) if read else 0
    return {
        "requests_per_second": round(len(load.answers) / load.seconds, 2),
        "latency_ms": {"p50": p50, "p95": p95, "p99": p99},
        "tokens_per_second": round(tokens / load.seconds, 1) if read else None,
        "requests": len(load.answers),
        "refused": load.refused,
        "concurrency": concurrency,
    }
