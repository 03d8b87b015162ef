"""What is read is held to the memory: no more cells than are asked for, and none beyond what is free."""

import tracemalloc
from itertools import chain, repeat

import pandas  # noqa: F401 - no part of what is measured
import pytest

from tools import memory
from tools.data.read import read_table, sample_rows
from tools.errors import BadData
from tools.finetune.examples import read
from tools.models.hardware import hardware

COLUMNS, ROWS, CELL = 20, 6_000, 100


@pytest.fixture
def wide(tmp_path):
    """Some 12 MB, of which a tenth are text and label."""
    path = tmp_path / "wide.csv"
    names = ["text", "label", *(f"more_{n}" for n in range(COLUMNS - 2))]
    with path.open("w") as file:
        file.write(",".join(names) + "\n")
        for row in range(ROWS):
            file.write(",".join(f"{row} {n} ".ljust(CELL, "x") for n in range(COLUMNS)) + "\n")
    return path


def _peak(work) -> int:
    """Bytes of Python objects at most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_columns_that_are_not_asked_for_are_not_held(wide):
    assert _peak(lambda: read(wide, ("text", "label"))) < 4_000_000
    table = read(wide, (" TEXT", "label"), ("more_3", "nowhere"))
    assert list(table.columns) == [" TEXT", "label", "more_3"]
    assert len(table) == ROWS and table["more_3"][7].startswith("7 5 ")


def test_a_sample_holds_no_more_rows_than_it_gives(wide):
    assert _peak(lambda: sample_rows(wide, 100)) < 4_000_000
    numbers = [int(row["text"].split()[0]) for row in sample_rows(wide, 100)]
    assert 50 < len(numbers) <= 100
    assert numbers[0] == 0 and numbers[-1] > ROWS * 0.95
    assert len({b - a for a, b in zip(numbers, numbers[1:], strict=False)}) == 1


def _machine(monkeypatch, free: list[int], own: list[int]) -> None:
    """What is free and what this process holds, look by look, in millions of bytes; the last ones stay."""
    for name, values in (("free_memory", free), ("own_memory", own)):
        seen = chain(values, repeat(values[-1]))
        monkeypatch.setattr(memory, name, lambda seen=seen: next(seen) * 10**6)


def test_a_file_that_fills_the_memory_is_refused_before_it_does(wide, monkeypatch):
    _machine(monkeypatch, [1_400, 1_000, 600], [500, 900, 1_300])
    with pytest.raises(BadData, match=r"wide\.csv is too large for the memory.* 2,000 rows"):
        read_table(wide)


@pytest.mark.parametrize(
    ("free", "own"),
    [
        ([1_500, 300], [500]),  # another program took it meanwhile
        ([100], [500, 510]),  # there was little before
    ],
)
def test_a_file_is_not_refused_for_what_others_take(wide, monkeypatch, free, own):
    _machine(monkeypatch, free, own)
    assert len(read_table(wide)) == ROWS


def test_a_container_may_use_what_holds_copies_of_files(tmp_path, monkeypatch):
    told = {
        "memory.max": "2000",
        "memory.current": "1900",
        "memory.stat": "anon 300\nactive_file 500\ninactive_file 900\n",
    }
    for name, text in told.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(memory, "GROUP", tmp_path)
    assert memory.free_memory() == 1500
    (tmp_path / "memory.stat").unlink()
    assert memory.free_memory() == 100
    (tmp_path / "memory.max").write_text("max")
    assert memory.free_memory() > 2000


def test_free_memory_is_measured_each_time(monkeypatch):
    for free in (7, 5):
        monkeypatch.setattr(memory, "free_memory", lambda free=free: free * 10**9)
        assert hardware().memory == free * 10**9


def test_the_texts_count_in_what_a_training_needs():
    from tools.finetune.recipe import Base, memory

    none, many = (memory("full", Base(), "text-classification", tokens) for tokens in (0, 200_000_000))
    assert many - none == 10**10
    assert memory("full", Base(), "image-classification", 200_000_000) == none
