"""The vector index beyond the size where every vector is compared: found, filtered, removed, switched, damaged."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from knowledge import kept_index
from knowledge.filters import Filters
from knowledge.records import NewChunk, NewDocument
from knowledge.store import Store
from knowledge.vectors import Vectors

DIMENSION, DOCUMENTS, CHUNKS = 32, 60, 25


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(kept_index, "EXACT", 500)


def vectors_of(number: int) -> np.ndarray:
    dice = np.random.default_rng(number % 6)  # six subjects
    centre = dice.normal(size=DIMENSION)
    found = centre + 0.6 * np.random.default_rng(100 + number).normal(size=(CHUNKS, DIMENSION))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype("float32")


def document(number: int) -> NewDocument:
    cut = [
        NewChunk(0, 4, 0, 4, "t", None, ("t", "word"), ("t", "word"), vector.tobytes())
        for vector in vectors_of(number)
    ]
    visibility = "internal" if number % 3 == 0 else "published"
    return NewDocument(
        f"d{number}", f"/d{number}", "t", "word", None, None, str(number), visibility, "now", cut
    )


@pytest.fixture
def filled(tmp_path):
    store = Store(tmp_path)
    for number in range(DOCUMENTS):
        store.put(document(number))
    return store, Vectors(store, tmp_path)


def exact(store: Store, question: np.ndarray, ids: list[int]) -> list[int]:
    held = store.vectors(ids)
    matrix = np.stack([np.frombuffer(held[each], dtype="float32") for each in ids])
    return [ids[place] for place in np.argsort(-(matrix @ question))[:10]]


def test_an_inverted_file_takes_over_and_finds_nearly_all(small, filled, tmp_path):
    store, vectors = filled
    vectors.save(wait=True)
    assert hasattr(kept_index.read(tmp_path / "vectors.faiss")[0], "nprobe")
    again = Vectors(store, tmp_path)  # mapped from the disk
    shares, narrowed = [], []
    for number in range(0, 30, 3):
        question = vectors_of(number)[number % CHUNKS]
        found = [each for each, _ in again.search(question, 10)]
        shares.append(len(set(found) & set(exact(store, question, store.ids()))) / 10)
        visible = [each for each, _ in again.search(question, 10, visitor=True)]
        assert set(visible) <= set(store.ids(visitor=True))
        narrowed.append(len(set(visible) & set(exact(store, question, store.ids(visitor=True)))) / 10)
    assert np.mean(shares) >= 0.9
    assert np.mean(narrowed) >= 0.9
    one = Filters(source="d7")
    assert {each for each, _ in again.search(question, 50, filters=one)} == set(store.ids(filters=one))


def test_what_is_removed_or_added_counts_at_once(small, filled, tmp_path):
    store, vectors = filled
    vectors.save(wait=True)
    question = vectors_of(4)[0]
    before = vectors.search(question, 5)
    gone = set(store.ids(filters=Filters(source="d4")))
    assert before[0][0] in gone
    store.remove(["d4"])
    assert not {each for each, _ in vectors.search(question, 200)} & gone
    store.put(document(4))
    best, score = vectors.search(question, 1)[0]
    assert best not in gone
    assert score == pytest.approx(1, abs=1e-5)
    vectors.save(wait=True)  # too little has changed to write anew
    assert vectors.search(question, 1)[0][0] == best


def test_the_switch_happens_in_the_background(small, filled):
    store, vectors = filled
    vectors.save()
    assert vectors.search(vectors_of(1)[0], 1)[0][1] == pytest.approx(1, abs=1e-5)  # meanwhile
    vectors.settle()
    assert hasattr(vectors._kept, "nprobe")
    assert {each for each, _ in vectors.search(vectors_of(1)[0], 5000)} <= set(store.ids())


def test_a_file_of_another_process_is_taken(filled, tmp_path):
    store, vectors = filled
    vectors.search(vectors_of(1)[0], 1)
    assert vectors._kept is None
    other = Vectors(store, tmp_path)
    store.put(document(1), force=True)
    other.renew()
    for _ in range(2):
        assert vectors.search(vectors_of(1)[0], 1)[0][1] == pytest.approx(1, abs=1e-5)
        assert vectors._kept is not None
        assert not vectors._added  # nothing is in memory twice
        (tmp_path / "vectors.faiss").unlink(missing_ok=True)  # what was opened serves on


def test_renewing_replaces_a_file_that_lacks_nothing(filled, tmp_path):
    store, vectors = filled
    vectors.save(wait=True)
    before = (
        (tmp_path / "vectors.faiss").stat().st_ino,
        kept_index.read(tmp_path / "vectors.faiss")[1].tolist(),
    )
    vectors.renew()
    after = (
        (tmp_path / "vectors.faiss").stat().st_ino,
        kept_index.read(tmp_path / "vectors.faiss")[1].tolist(),
    )
    assert before[0] != after[0]
    assert before[1] == after[1] == sorted(store.ids())


def test_what_came_is_found_whether_or_not_something_went(filled):
    store, vectors = filled
    for came, went in ((60, None), (61, "d60"), (62, "d3"), (63, None)):
        vectors.refresh()
        if went:
            store.remove([went])
        store.put(document(came))
        found = {each for each, _ in vectors.search(vectors_of(came)[0], 5000)}
        assert found == set(store.ids())


def test_a_damaged_file_is_built_anew(filled, tmp_path):
    store, vectors = filled
    (tmp_path / "vectors.faiss").write_bytes(b"no index")
    assert vectors.search(vectors_of(1)[0], 1)[0][1] == pytest.approx(1, abs=1e-5)
    vectors.save(wait=True)
    assert len(kept_index.read(tmp_path / "vectors.faiss")[1]) == len(store.ids())


WRITE = """
import sys
from pathlib import Path
from knowledge import kept_index
from knowledge.store import Store
from knowledge.vectors import Vectors
from tests.knowledge.test_index import document
kept_index.EXACT = 100
store = Store(Path(sys.argv[1]))
vectors = Vectors(store, Path(sys.argv[1]))
number = int(sys.argv[2])
while True:
    store.put(document(number))
    print(number, flush=True)
    vectors.save(wait=number % 2 == 0)
    number += 1
"""


def test_a_process_killed_while_writing_loses_nothing_it_reported(tmp_path):
    reported: set[int] = set()
    for kills in range(3):
        command = [sys.executable, "-c", WRITE, str(tmp_path), str(kills * 1000)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for _ in range(4 + 3 * kills):
                reported.add(int(process.stdout.readline()))
            os.kill(process.pid, signal.SIGKILL)
            reported |= {int(line) for line in process.stdout.read().split("\n")[:-1]}
    store = Store(tmp_path)
    held = {each["source"]: each["chunks"] for each in store.documents()}
    assert {f"d{number}" for number in reported} <= set(held)
    assert set(held.values()) == {CHUNKS}
    vectors = Vectors(store, tmp_path)
    for number in reported:
        assert vectors.search(vectors_of(number)[3], 1)[0][1] == pytest.approx(1, abs=1e-4)
