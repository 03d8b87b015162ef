"""Texts of many callers go through the model together."""

import signal
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import pytest

from tools.errors import Busy, WorkFailed
from tools.explain.passes import holding, others_turn
from tools.serving.batching import FEWEST_TOKENS, WAITING, Batcher, about_tokens
from tools.serving.fair import FairLock
from tools.serving.predictor import Predictor


class Slow:
    """A model that notes its batches, and waits in each until it is let go."""

    def __init__(self, open: bool = True):
        self.batches: list[list[str]] = []
        self.gate, self.entered = threading.Event(), threading.Event()
        if open:
            self.gate.set()

    def __call__(self, texts: list[str]) -> list[str]:
        self.batches.append(texts)
        self.entered.set()
        assert self.gate.wait(10)
        if "bad" in texts:
            raise WorkFailed("The model broke.", "Try another text.")
        if "panic" in texts:
            raise KeyboardInterrupt  # as a panic in Rust, no Exception
        return [text.upper() for text in texts]


def test_a_caller_alone_is_served_at_once():
    assert Batcher(Slow()).submit(["a", "b"]).result(5) == ["A", "B"]


def test_what_arrives_while_the_model_is_busy_goes_together():
    model = Slow(open=False)
    batcher = Batcher(model)
    futures = [batcher.submit(["first"])]
    assert model.entered.wait(5)
    futures += [batcher.submit([f"t{i}"], f"caller {i}") for i in range(10)]
    assert batcher.queued == 10
    model.gate.set()
    assert [future.result(5) for future in futures] == [["FIRST"], *([f"T{i}"] for i in range(10))]
    assert [len(batch) for batch in model.batches] == [1, 10]
    assert (batcher.batches, batcher.texts, batcher.queued) == (2, 11, 0)


def test_one_with_thousands_does_not_stop_the_others():
    model = Slow(open=False)
    batcher = Batcher(model, most=8)
    many = batcher.submit([f"m{i}" for i in range(100)], "big")
    assert model.entered.wait(5)
    small = batcher.submit(["small"], "little")
    model.gate.set()
    assert small.result(5) == ["SMALL"]
    assert "small" in model.batches[1]
    assert many.result(5) == [f"M{i}" for i in range(100)]


def test_long_texts_make_small_batches():
    model = Slow(open=False)
    batcher = Batcher(model)
    first = batcher.submit(["x"])
    assert model.entered.wait(5)
    long = ["y" * 4_000, "退款" * 2_000]
    futures = [first, *(batcher.submit([text], text[0]) for text in long), batcher.submit(long * 5)]
    batcher._pace = 1.0  # it reads slowly
    model.gate.set()
    assert [len(future.result(5)) for future in futures] == [1, 1, 1, 10]
    assert {len(batch) for batch in model.batches} == {1, 2}, "each text is as long as the model reads"
    assert all(sum(map(about_tokens, batch)) <= FEWEST_TOKENS for batch in model.batches)


def test_a_quick_model_gets_more_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tools.serving.batching.time.perf_counter", lambda: 0.0)
    model = Slow(open=False)
    batcher = Batcher(model)
    first = batcher.submit(["x"])
    assert model.entered.wait(5)
    many = batcher.submit(["y" * 1_000] * 40)
    batcher._pace = 1e-6
    model.gate.set()
    assert len(first.result(5) + many.result(5)) == 41
    assert len(model.batches[1]) == 40


def test_a_text_that_cannot_be_weighed_stops_nobody():
    def weighed(text: str) -> int:
        return {"fine": 3}[text]

    for batcher in (Batcher(Slow()), Batcher(Slow(), tokens=weighed)):
        odd = batcher.submit(["\ud800x"])
        assert batcher.submit(["fine"], "other").result(5) == ["FINE"]
        assert odd.result(5) == ["\ud800X"]


def test_one_slow_batch_does_not_make_small_ones_for_long():
    batcher = Batcher(Slow())
    batcher._measured(["x"], 90.0)
    assert batcher._pace == 0, "the first batch loads and compiles"
    paces = []
    for seconds in (0.5, 10.0, 0.5):
        batcher._measured(["x"], seconds)
        paces.append(batcher._pace)
    assert paces[0] == 0.5 / about_tokens("x")
    assert paces[2] - paces[0] == pytest.approx((paces[1] - paces[0]) / 2)


def test_a_full_queue_turns_away_and_says_when_to_come_back():
    model = Slow(open=False)
    batcher = Batcher(model, waiting=3)
    first = batcher.submit(["a"])
    assert model.entered.wait(5)
    waiting = batcher.submit(["b", "c", "d"])
    with pytest.raises(Busy) as raised:
        batcher.submit(["e"])
    assert raised.value.retry_after >= 1
    model.gate.set()
    assert first.result(5) + waiting.result(5) == ["A", "B", "C", "D"]
    assert batcher.submit(["e"]).result(5) == ["E"]


def test_when_to_come_back_goes_by_how_quickly_batches_were_read_lately():
    model = Slow(open=False)
    batcher = Batcher(model, waiting=1000)
    for _ in range(1000):
        batcher._measured(["x"], 0.05)  # one by one, for hours
    for _ in range(4):
        batcher._measured(["x"] * 64, 0.2)
    waiting = batcher.submit(["x"] * 1000)
    with pytest.raises(Busy) as raised:
        batcher.submit(["x"])
    model.gate.set()
    assert len(waiting.result(20)) == 1000
    assert 4 <= raised.value.retry_after <= 8


def test_one_caller_does_not_fill_the_room():
    model = Slow(open=False)
    batcher = Batcher(model, waiting=64)
    futures = [batcher.submit(["a"])]
    assert model.entered.wait(5)
    futures += [batcher.submit(["m"] * 24, "big") for _ in range(2)]
    with pytest.raises(Busy):
        batcher.submit(["m"], "big")
    futures += [batcher.submit(["s"], f"small {number}") for number in range(16)]
    with pytest.raises(Busy):
        batcher.submit(["s"], "late")
    model.gate.set()
    assert sum(len(future.result(5)) for future in futures) == 65
    assert not batcher.queued and not batcher._of


@pytest.mark.parametrize("word", ["bad", "panic"])
def test_an_error_does_not_stop_it(word):
    """Not even where a batch holds two parts of what one caller asked."""
    model = Slow(open=False)
    batcher = Batcher(model)
    first = batcher.submit(["a"])
    assert model.entered.wait(5)
    broken, good = batcher.submit([word] * 60, "one"), batcher.submit(["c"], "two")
    model.gate.set()
    assert first.result(5) + good.result(5) == ["A", "C"]
    with pytest.raises((WorkFailed, RuntimeError)):
        broken.result(5)
    assert len(model.batches[1]) == 61, "in two parts"
    assert batcher.submit(["b"]).result(5) == ["B"]


def test_a_thread_that_does_not_start_is_tried_again(monkeypatch):
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    batcher = Batcher(Slow())
    with monkeypatch.context() as few:
        few.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="thread"):
            batcher.submit(["a"])
    assert batcher.submit(["b"]).result(5) == ["B"] and not batcher.queued


def test_nothing_is_done_for_those_who_left():
    model = Slow(open=False)
    batcher = Batcher(model, most=2)
    long = batcher.submit([f"l{i}" for i in range(50)], "gone")
    assert model.entered.wait(5)
    other = batcher.submit(["stays"], "other")
    assert long.cancel()
    model.gate.set()
    assert other.result(5) == ["STAYS"]
    with pytest.raises(CancelledError):
        long.result(0)
    assert sum(map(len, model.batches)) <= 4
    assert batcher.queued == 0


def test_one_bad_text_spoils_no_other_callers():
    model = Slow(open=False)
    batcher = Batcher(model)
    first = batcher.submit(["a"])
    assert model.entered.wait(5)
    bad, good = batcher.submit(["bad", "b"], "one"), batcher.submit(["c"], "two")
    model.gate.set()
    assert (first.result(5), good.result(5)) == (["A"], ["C"])
    with pytest.raises(WorkFailed, match="The model broke"):
        bad.result(5)


def test_many_threads_each_get_their_own():
    batcher = Batcher(Slow(), most=7)
    with ThreadPoolExecutor(16) as pool:
        wanted = [[f"{i}.{j}" for j in range(i % 5 + 1)] for i in range(400)]
        found = list(pool.map(lambda texts: batcher.submit(texts, texts[0][:1]).result(10), wanted))
    assert found == wanted


def test_the_thread_ends_when_unused_and_comes_back(monkeypatch):
    monkeypatch.setattr("tools.serving.batching.IDLE_SECONDS", 0.05)
    batcher = Batcher(Slow())
    assert batcher.submit(["a"]).result(5) == ["A"]
    deadline = time.monotonic() + 5
    while any(thread.name == "batcher" for thread in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not batcher._awake
    assert batcher.submit(["b"]).result(5) == ["B"]


class Reader:
    """A model that takes a millisecond for a text."""

    labels = ["a", "b"]

    def predict_proba(self, texts: list[str]) -> list[list[float]]:
        time.sleep(len(texts) / 1000)
        return [[float(text.split()[-1]), 0.0] for text in texts]


def test_a_whole_file_leaves_room_for_others_and_waits_for_it(tmp_path: Path):
    predictor = Predictor(tmp_path, {"name": "slow", "task": "text-classification"}, Reader())
    rows = [f"row {number}" for number in range(WAITING + 2_000)]
    with ThreadPoolExecutor(2) as pool:
        file = pool.submit(predictor.predict_proba, rows)
        while not predictor.busy:
            time.sleep(0.001)
        asked = 0
        while not file.done():
            assert predictor.ask("predict_proba", ["one 1"], "a customer").result() == [[1.0, 0.0]]
            asked += 1
        assert asked > 20  # each of them beside a batch of the file
        assert [each[0] for each in file.result()] == list(range(len(rows)))
        others = [predictor.ask("predict_proba", ["one 1"] * 1_100, f"caller {each}") for each in range(4)]
        assert (
            len(pool.submit(predictor.predict_proba, rows[:600]).result()) == 600
        )  # there was no room at once
        assert all(len(each.result()) > 1_000 for each in others)


def test_who_is_interrupted_while_others_have_the_model_does_not_let_it_go_for_them():
    lock, go = FairLock(), threading.Event()

    def other() -> None:
        with lock:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            go.wait(10)

    thread = threading.Thread(target=other)
    with pytest.raises(KeyboardInterrupt), holding(lock):
        thread.start()
        while not lock._line:
            time.sleep(0.001)
        others_turn()
        time.sleep(10)
    assert lock.locked(), "the other has it"
    go.set()
    thread.join()
    assert not lock.locked()
    with holding(lock):
        others_turn()
    assert not lock.locked()


def test_a_fair_lock_goes_to_who_waits_longest():
    lock, order = FairLock(), []

    def wants(name: str) -> None:
        with lock:
            order.append(name)

    lock.acquire()
    threads = []
    for name in "abc":
        threads.append(threading.Thread(target=wants, args=name))
        threads[-1].start()
        while len(lock._line) < len(threads):
            time.sleep(0.001)
    lock.pass_on()
    assert order == ["a", "b", "c"] and lock.locked()  # all of them were before the one that has it again
    lock.release()
    assert not lock.locked()
    for thread in threads:
        thread.join()
