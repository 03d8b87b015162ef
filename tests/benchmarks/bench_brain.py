"""The embedded brain: how fast it decides, and how often it picks the right tool, against zero-shot similarity.

The peer takes the tool whose description lies nearest to the message, by the same MiniLM. The cases are the written
conversations of the brain's own tests; its rules were mended after them, so its share here is not one of unseen data.
"""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import shuffled, sized
from tests.benchmarks.row import Row

DATA = Path(__file__).parents[1] / "assistant" / "data"
NOTHING = "Greetings, thanks, small talk, and wishes that have nothing to do with data, models or documents."
PEER = "nearest tool description, MiniLM"
Case = dict[str, Any]


def run() -> Iterable[Row]:
    from assistant.brain.choose import warm_up
    from assistant.brain.decide import decide
    from assistant.brain.situation import Situation

    peer = nearest()
    warm_up()
    chosen = cases()
    ours_right, ours = measure(lambda case: decide(case["messages"], Situation.of(case)).tool, chosen)
    peer_right, theirs = measure(peer, chosen)
    yield Row("brain: decisions, message by message", ours, theirs, PEER)
    yield Row(f"brain: right tool, {len(chosen)} cases (developed on)", ours_right, peer_right, PEER, unit="")


def cases() -> list[Case]:
    """The written cases, shuffled; few of them where ``BENCH_SIZE`` is small."""
    lines = [
        line
        for path in sorted(DATA.glob("plan_cases*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    return [json.loads(line) for line in shuffled(lines)[: sized(len(lines), 12)]]


def nearest() -> Callable[[Case], str | None]:
    """Zero-shot: the tool (or none) whose description is most like the message."""
    from sentence_transformers import SentenceTransformer

    from tools.catalog.registry import catalog
    from tools.models.embedded import minilm_folder

    model = SentenceTransformer(str(minilm_folder()), device="cpu")
    names = [*catalog(), None]
    described = [f"{tool.name.replace('_', ' ')}: {tool.description}" for tool in catalog().values()]
    vectors = model.encode([*described, NOTHING], normalize_embeddings=True)

    def pick(case: Case) -> str | None:
        message = model.encode(case["messages"][-1]["content"], normalize_embeddings=True)
        return names[int((vectors @ message).argmax())]

    return pick


def measure(pick: Callable[[Case], str | None], chosen: list[Case]) -> tuple[float, float]:
    """Share of right tools, and messages a second, in one pass: messages that were seen would be remembered."""
    began = time.perf_counter()
    found = [pick(case) for case in chosen]
    seconds = time.perf_counter() - began
    right = sum(tool == case["expect"]["tool"] for tool, case in zip(found, chosen, strict=True))
    return right / len(chosen), len(chosen) / seconds
