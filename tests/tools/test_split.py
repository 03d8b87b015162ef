"""Two versions side by side: who is answered by which, what is counted, and the work behind the answers."""

import random
import statistics
import threading
import time
from collections import Counter

import pytest

from tools.serving.background import Background
from tools.serving.split import EDGES, compared, counted, other_side, summary, verdicts


def add_up(*requests: dict[str, float]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for figures in requests:
        total.update(figures)
    return dict(total)


@pytest.mark.parametrize("share", [0, 1, 10, 50, 100])
def test_a_share_is_that_share_of_the_callers(share: float) -> None:
    chosen = sum(other_side(f"user {i}", "router", share) for i in range(20_000))
    assert abs(chosen / 20_000 - share / 100) < 0.01


def test_a_caller_stays_on_a_side_also_when_the_share_grows() -> None:
    users = [f"user {i}" for i in range(500)]
    small = {user for user in users if other_side(user, "router", 10)}
    large = {user for user in users if other_side(user, "router", 40)}
    assert small < large
    assert small == {user for user in users if other_side(user, "router", 10)}
    assert small != {user for user in users if other_side(user, "another", 10)}


def test_verdicts_of_every_kind_of_answer() -> None:
    label, several, spans, text = verdicts(
        [
            {"label": "refund", "score": 0.9, "scores": {"refund": 0.9, "other": 0.1}},
            {"labels": ["late", "damaged"], "scores": {"late": 0.9, "damaged": 0.6, "lost": 0.2}},
            {"entities": [{"start": 0, "end": 4, "entity": "PER", "score": 0.8, "text": "Anna"}]},
            {"text": " hello \n"},
            {"embedding": [0.1, 0.2]},
        ]
    )
    assert label == ("refund", "refund", 0.9)
    assert several == (("damaged", "late"), "damaged + late", 0.6)
    assert spans.said == frozenset({(0, 4, "PER")}) and spans.label is None and spans.confidence == 0.8
    assert text == ("hello", None, None)
    assert "Anna" not in str(counted(0.1, [spans, text])) and "hello" not in str(counted(0.1, [text]))


def test_figures_add_up_to_a_summary() -> None:
    dice = random.Random(1)
    times = [dice.lognormvariate(-3, 0.6) for _ in range(2000)]
    answer = verdicts([{"label": "a", "score": 0.8}, {"label": "b", "score": 0.6}])
    told = summary(add_up(*(counted(seconds, answer) for seconds in times), {"failed": 3.0}))
    assert (told["requests"], told["failed"], told["confidence"]) == (2000, 3, 0.7)
    assert told["labels"] == {"a": 2000, "b": 2000}
    exact = statistics.quantiles(times, n=20)
    for name, seconds in (("mean", statistics.mean(times)), ("p50", exact[9]), ("p95", exact[18])):
        assert told["latency_ms"][name] == pytest.approx(1000 * seconds, rel=0.1)


def test_nothing_measured_is_nothing_said() -> None:
    told = summary({})
    assert told["requests"] == 0 and told["confidence"] is None and set(told["latency_ms"].values()) == {None}
    slow = summary(counted(10_000.0, []))
    assert slow["latency_ms"]["p50"] >= 1000 * EDGES[-2]


def test_agreement_is_counted_text_by_text() -> None:
    ours = verdicts([{"label": label, "score": 0.9} for label in "abc"])
    theirs = verdicts([{"label": label, "score": 0.4} for label in "abx"])
    assert compared(ours, theirs) == {"compared": 3, "agreed": 2}
    assert compared(ours, theirs[:2]) == compared([], []) == {}


def test_what_does_not_fit_is_left_undone() -> None:
    go, done, faults = threading.Event(), [], []
    behind = Background(2, 100, faults.append)
    assert behind.offer(lambda: go.wait(10))
    deadline = time.monotonic() + 5
    while behind._waiting and time.monotonic() < deadline:  # until the first is under way
        time.sleep(0.001)
    assert behind.offer(lambda: done.append(1), 10)
    assert not behind.offer(lambda: done.append("heavy"), 95)
    assert behind.offer(lambda: 1 / 0, 10)
    assert not behind.offer(lambda: done.append("many"), 1)
    assert not behind.wait(0.01)
    go.set()
    assert behind.wait(5) and done == [1]
    assert [type(fault) for fault in faults] == [ZeroDivisionError]
    assert behind.offer(lambda: done.append(2), 100) and behind.wait(5) and done == [1, 2]
    behind.close()
    assert not behind.offer(lambda: None)
