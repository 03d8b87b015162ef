"""The embedded brain on cases by strangers: how often it picks the right tool, and how fast, against two simpler ways
and against its budgets.

Zero-shot takes the tool whose description lies nearest to the message, by the same MiniLM. Frozen is what a careful
engineer tries first: MiniLM's sentence vectors and a logistic regression, learned from the same conversations.
"""

import json
import statistics
import tempfile
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
CHOICE, TURN, BULK = 15.0, 150.0, 100.0  # budgets: milliseconds, milliseconds, messages a second
TALK = (
    "hello there {}",
    "thanks, that helped {}",
    "how are you on day {}?",
    "can you book flight {} to Rome?",
)
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
    bar: dict[str, Any] = {"peer_name": "the bar", "unit": "ms", "lower_is_better": True}
    single = [case for case in chosen if len(case["messages"]) == 1]
    yield Row("brain: a choice, p50", choice(single), CHOICE, **bar)
    yield Row("brain: a turn without a tool, p50", turn(), TURN, **bar)
    yield Row("brain: single messages in bulk", bulk(single), BULK, peer_name="the bar")


def choice(chosen: list[Case]) -> float:
    """Milliseconds that a decision takes, the median; each message is one that was not seen before."""
    from assistant.brain.decide import decide
    from assistant.brain.situation import Situation

    return statistics.median(
        _milliseconds(lambda case=case: decide(case["messages"], Situation.of(case)))
        for case in _anew(chosen, "one")
    )


def turn() -> float:
    """Milliseconds of a whole turn of the agent, from the message to its last event, the median."""
    from assistant.access.principal import Principal
    from assistant.application import Application
    from assistant.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        app = Application(Settings(home=Path(folder) / "home"))
        app.warm_up()
        said = [text.format(number) for number in range(sized(12, 4)) for text in TALK]
        times = [
            _milliseconds(lambda text=text: list(app.agent.turn(Principal.owner(), text))) for text in said
        ]
        app.close()
    return statistics.median(times[len(TALK) :])


def bulk(chosen: list[Case]) -> float:
    """Messages a second of ``assistant plan`` once loaded."""
    from ui.cli.plan import _decide_all

    lines = [json.dumps(case).encode() for case in _anew(chosen, "many")]
    return len(lines) / (_milliseconds(lambda: list(_decide_all(list(enumerate(lines))))) / 1000)


def _anew(chosen: list[Case], mark: str) -> list[Case]:
    """The same messages with a word more, as what was decided is remembered."""
    return [{**case, "messages": [{"role": "user", "content": f"{_last(case)} ({mark})"}]} for case in chosen]


def _milliseconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


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
