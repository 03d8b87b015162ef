"""Places for work, given in turns."""

import threading

import pytest

from tools.errors import Busy
from tools.serving.turns import Turns


def test_callers_take_turns() -> None:
    turns = Turns(1, 1, 40)
    first = turns.ask("big")
    waiting = [turns.ask("big") for _ in range(5)] + [turns.ask("little")]
    assert first.done() and not any(each.done() for each in waiting) and turns.held == 7
    order, has = [], first
    while waiting:
        turns.leave(has)
        has = next(each for each in waiting if each.done())
        waiting.remove(has)
        order.append(has.caller)
    assert order == ["big", "little", "big", "big", "big", "big"]
    turns.leave(has)
    assert turns.held == 0


def test_one_caller_has_not_all_places() -> None:
    turns = Turns(3, 2, 40)
    mine, other = [turns.ask("big") for _ in range(4)], turns.ask("little")
    assert [each.done() for each in mine] == [True, True, False, False] and other.done()
    turns.leave(mine[0])
    assert mine[2].done() and not mine[3].done()


def test_nor_all_the_room() -> None:
    turns = Turns(1, 1, 32)
    mine = [turns.ask("big") for _ in range(24)]
    with pytest.raises(Busy) as turned:
        turns.ask("big")
    assert turned.value.retry_after >= 1
    others = [turns.ask(f"little {number}") for number in range(8)]
    with pytest.raises(Busy):
        turns.ask("late")
    for each in (*others, *mine[1:], mine[0]):
        turns.leave(each)
    assert turns.held == 0


def test_who_waits_no_longer_makes_room() -> None:
    turns = Turns(1, 1, 8)
    first, gone, next_one = turns.ask("a"), turns.ask("b"), turns.ask("c")
    assert gone.cancel() and turns.held == 2
    turns.leave(gone)
    turns.leave(first)
    assert next_one.done() and turns.held == 1
    for _ in range(100):
        turns.leave(turns.ask("d"))
    assert not turns._lines, "nothing is kept of those who have left"


def test_threads_have_the_place_one_after_the_other() -> None:
    turns, inside, most = Turns(2, 2, 40), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        for _ in range(50):
            with turns.place():
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                with lock:
                    inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most[0] <= 2 and inside[0] == 0 and turns.held == 0
