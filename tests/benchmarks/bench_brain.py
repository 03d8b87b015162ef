"""The embedded brain on cases by strangers: how often it picks the right tool, and how fast, against two simpler ways.

Zero-shot takes the tool whose description lies nearest to the message, by the same MiniLM. Frozen is what a careful
engineer tries first: MiniLM's sentence vectors and a logistic regression, learned from the same conversations.
"""

import json
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import shuffled, sized
from tests.benchmarks.row import Row

HELD_OUT = Path(__file__).parents[1] / "assistant" / "data" / "held_out"
NOTHING = "Greetings, thanks, small talk, and wishes that have nothing to do with data, models or documents."
ZERO_SHOT = "zero-shot: nearest tool description, MiniLM"
FROZEN = "frozen MiniLM and logistic regression"
LEARNED = 6_000  # generated conversations that the frozen way learns from; more add nothing
Case = dict[str, Any]
Pick = Callable[[Case], str | None]


def run() -> Iterable[Row]:
    from assistant.brain.decide import decide
    from assistant.brain.reader import reader
    from assistant.brain.situation import Situation

    reader().warm_up()
    chosen = cases()
    encode = _encoder()
    zero_right, zero_speed = measure(zero_shot(encode), chosen)
    right, speed = measure(lambda case: decide(case["messages"], Situation.of(case)).tool, chosen)
    frozen_right, _ = measure(frozen(encode), chosen)
    about = f"brain: right tool, {len(chosen)} held-out cases"
    yield Row("brain: decisions, conversation by conversation", speed, zero_speed, ZERO_SHOT)
    yield Row(about, right, zero_right, ZERO_SHOT, unit="")
    yield Row(about, right, frozen_right, FROZEN, unit="")


def cases() -> list[Case]:
    """The held-out cases, shuffled; few of them where ``BENCH_SIZE`` is small."""
    found = [
        line for path in sorted(HELD_OUT.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()
    ]
    return [json.loads(line) for line in shuffled(found)[: sized(len(found), 12)]]


def _encoder() -> Callable[[Any], Any]:
    from sentence_transformers import SentenceTransformer

    from tools.models.embedded import minilm_folder

    model = SentenceTransformer(str(minilm_folder()), device="cpu")
    return lambda texts: model.encode(texts, normalize_embeddings=True)


def zero_shot(encode: Callable[[Any], Any]) -> Pick:
    """The tool (or none) whose description is most like the message."""
    from tools.catalog.registry import catalog

    names = [*catalog(), None]
    described = [f"{tool.name.replace('_', ' ')}: {tool.description}" for tool in catalog().values()]
    vectors = encode([*described, NOTHING])
    return lambda case: names[int((vectors @ encode(_last(case))).argmax())]


def frozen(encode: Callable[[Any], Any]) -> Pick:
    """A logistic regression over the vectors of the message and of the reply before it."""
    import numpy
    from sklearn.linear_model import LogisticRegression

    from assistant.brain.recipe.conversations import conversations

    examples = [
        each for each in islice(conversations(42, sized(LEARNED, 300)), LEARNED) if each.role == "user"
    ]

    def features(messages: list[str], before: list[str]) -> Any:
        return numpy.hstack([encode(messages), encode(before)])

    learned = LogisticRegression(max_iter=1000, C=10).fit(
        features([e.message for e in examples], [e.history[-1][1] if e.history else "" for e in examples]),
        [e.tool for e in examples],
    )

    def pick(case: Case) -> str | None:
        before = case["messages"][-2]["content"] if len(case["messages"]) > 1 else ""
        tool = str(learned.predict(features([_last(case)], [before]))[0])
        return None if tool == "none" else tool

    return pick


def _last(case: Case) -> str:
    return case["messages"][-1]["content"]


def measure(pick: Pick, chosen: list[Case]) -> tuple[float, float]:
    """Share of right tools, and conversations a second, in one pass: messages that were seen would be remembered."""
    began = time.perf_counter()
    found = [pick(case) for case in chosen]
    seconds = time.perf_counter() - began
    right = sum(tool == case["expect"]["tool"] for tool, case in zip(found, chosen, strict=True))
    return right / len(chosen), len(chosen) / seconds
