"""Adding documents one after the other: what one costs does not grow with those there are; a stop keeps the rest."""

import random

import numpy as np
import pytest

from knowledge.base import KnowledgeBase
from knowledge.store import Store

DICE = random.Random(3)
WORDS = ["".join(DICE.choices("abcdefghijklmnop", k=6)) for _ in range(3000)]


class Quick:
    """An encoder that takes no time."""

    name = "quick"

    def encode(self, texts):
        made = np.ones((len(texts), 8), dtype="float32")
        return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture
def quick(tmp_path):
    return KnowledgeBase(tmp_path / "kb", Quick())


def note(folder, number, words=60):
    path = folder / f"n{number}.md"
    path.write_text(f"# Note {number}\n\n{' '.join(DICE.choices(WORDS, k=words))}.")
    return path


def steps(base: KnowledgeBase, path) -> int:
    """How many hundred instructions SQLite runs to add a file."""
    count = [0]

    def tick() -> int:
        count[0] += 1
        return 0

    base.store.connection.set_progress_handler(tick, 100)
    base.add([path])
    base.store.connection.set_progress_handler(None, 0)
    return count[0]


def test_the_next_document_costs_as_much_as_the_first(quick, tmp_path):
    few = [steps(quick, note(tmp_path, number)) for number in range(30)]
    for number in range(30, 400):
        quick.add([note(tmp_path, number)])
    many = [steps(quick, note(tmp_path, number)) for number in range(400, 430)]
    assert sorted(many)[15] < 1.5 * sorted(few)[15]  # medians: now and then an index is written anew


def test_a_document_that_is_nearly_the_same_is_found_among_many(quick, tmp_path):
    paths = [note(tmp_path, number, words=200) for number in range(200)]
    quick.add(paths)
    words = paths[57].read_text().split()
    words[100:104] = ["other"] * 4
    (tmp_path / "again.md").write_text(" ".join(words).replace("# Note 57", "# Note 57\n"))
    [alike] = quick.add([tmp_path / "again.md"])["alike"]
    assert (alike["source"], alike["to"]) == ("again.md", "n57.md")
    quick.remove("n57.md")
    assert quick.store.connection.execute("SELECT count(*) FROM bands").fetchone()[0] <= 200 * 16


def test_an_older_base_finds_them_too(quick, tmp_path):
    path = note(tmp_path, 1, words=200)
    quick.add([path])
    with quick.store.writing() as connection:
        connection.execute("DROP TABLE bands")
        connection.execute("PRAGMA user_version = 7")
    again = KnowledgeBase(quick.folder, Quick())
    (tmp_path / "again.md").write_text(path.read_text() + " And more.")
    assert again.add([tmp_path / "again.md"])["alike"]


def test_a_stop_keeps_what_was_added_and_the_next_call_adds_the_rest(quick, tmp_path):
    paths = [note(tmp_path, number) for number in range(6)]

    def until_three(done: int, total: int, source: str) -> None:
        assert total == 6
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quick.add(paths, progress=until_three)
    assert quick.list()["sources"] == 3
    assert Store(quick.folder).count() == (3, 3)
    assert quick.add(paths)["documents"] == 3
