"""A trained encoder beside the base's own: it finds passages, and nothing else changes."""

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from knowledge import retriever
from knowledge.base import KnowledgeBase
from knowledge.embed import Encoder
from knowledge.retriever import FACTS

ROOT = Path(__file__).parents[2]
DOCUMENTS = {
    "fox.md": "The fox sleeps in the barn.",
    "ship.md": "The ship leaves the harbour at noon.",
    "lamp.md": "A lamp burns in the kitchen.",
    "bell.md": "The bell in the tower is rung at six.",
}


class Words(Encoder):
    """An encoder without a network: each word is a direction, and ``vessel`` is that of ``ship``."""

    def __init__(self, folder, name="words-1", slow=0.0):
        super().__init__(folder)
        self._name, self._slow = name, slow

    @property
    def name(self):
        return self._name

    def encode(self, texts):
        time.sleep(self._slow)
        found = np.zeros((len(texts), 64), dtype="float32")
        for row, text in zip(found, texts, strict=True):
            row[0] = 0.01
            for word in text.lower().replace("vessel", "ship").split():
                row[1 + zlib.crc32(word.strip(".,?").encode()) % 63] += 1
        return found / np.linalg.norm(found, axis=1, keepdims=True)


class Lost(Words):
    """An encoder whose weights have gone."""

    encode = Encoder.encode


@pytest.fixture
def trained(tmp_path, encoder):
    """A base in which the encoder that the test puts into a list finds passages."""
    chosen: list[Encoder] = []
    base = KnowledgeBase(tmp_path / "kb", encoder, trained=lambda: chosen[0] if chosen else None)
    for name, text in DOCUMENTS.items():
        base.add_text(name, text, "internal" if name == "ship.md" else "published")
    (tmp_path / "mine").mkdir()
    return base, chosen, Words(tmp_path / "mine")


def sources(base, ids):
    found = base.store.passages(ids)
    return [found[each].source for each in ids]


def test_it_finds_the_passages_and_the_base_weighs_them(trained):
    base, chosen, words = trained
    question = "vessel"
    assert base.retriever.near(question, 3) is None and base.retriever.keep_up() == 0
    before = {hit.passage.source: hit.cosine for hit in base.searcher.search(question, 4)}
    answer = base.ask("When does the ship leave?")
    chosen.append(words)
    assert sources(base, base.retriever.near(question, 3))[0] == "ship.md"
    hits = base.searcher.search(question, 4)
    assert hits[0].passage.source == "ship.md"
    assert {hit.passage.source: pytest.approx(hit.cosine, abs=1e-5) for hit in hits} == before
    assert base.ask("When does the ship leave?") == answer
    base.add_text("boat.md", "Ship ship ship.")
    assert base.store.connection.execute("SELECT count(*) FROM tuned_vectors").fetchone()[0] == 5
    assert sources(base, base.retriever.near(question, 3))[0] == "boat.md"
    base.remove("boat.md")
    assert sources(base, base.retriever.near(question, 3))[0] == "ship.md"
    chosen.clear()
    assert base.retriever.near(question, 3) is None


def test_several_stay_beside_each_other_until_they_are_forgotten(trained, tmp_path):
    base, chosen, words = trained
    other = Words(tmp_path / "mine", "words-2")
    for each in (words, other):
        chosen[:] = [each]
        assert base.retriever.keep_up() == 4
    assert base.retriever.keep_up() == 0
    base.retriever.forget({"words-2"})
    assert base.retriever.keep_up() == 0
    chosen[:] = [words]
    assert base.retriever.keep_up() == 4
    assert {each.name for each in base.folder.glob("vectors-*")} == {
        f"vectors-words-{number}.faiss" for number in (1, 2)
    }


def test_visitors_are_searched_for_by_one_that_has_seen_published_documents_alone(trained):
    base, chosen, words = trained
    chosen.append(words)
    assert base.retriever.near("ship", 5, visitor=True) is None, "nobody knows what it has learned from"
    for internal in (True, False):
        (words.folder / FACTS).write_text(json.dumps({"internal": internal}))
        near = base.retriever.near("ship", 5, visitor=True)
        assert (near is None) is internal
    assert "ship.md" not in sources(base, near) and len(near) == 3


def test_where_much_is_missing_the_base_answers_until_a_reindex(trained, monkeypatch, caplog):
    base, chosen, words = trained
    monkeypatch.setattr(retriever, "FEW", 2)
    chosen.append(words)
    for _ in range(2):
        assert base.retriever.near("ship", 3) is None
        assert base.search("ship")["results"][0]["source"] == "ship.md"
    assert [each.message for each in caplog.records if "knowledge reindex" in each.message] == [
        "words-1 finds no passages: Most of its vectors are missing. Make them: assistant knowledge reindex."
    ]
    base.reindex()
    assert sources(base, base.retriever.near("vessel", 3))[0] == "ship.md"


def test_one_that_cannot_be_loaded_stops_nothing(trained, tmp_path, caplog):
    base, chosen, _ = trained
    chosen.append(Lost(tmp_path / "gone"))
    assert base.add_text("oven.md", "The oven is hot.")["documents"] == 1
    assert base.search("hot oven")["results"][0]["source"] == "oven.md"
    assert "cannot be loaded" in caplog.text


KILLED = """
import sys
from pathlib import Path
from knowledge.base import KnowledgeBase
from knowledge import retriever
from tests.knowledge.test_retriever import Words
retriever._BATCH = 2
folder = Path(sys.argv[1])
base = KnowledgeBase(folder, Words(folder, "own"), trained=lambda: Words(folder, "new", 0.02))
base.retriever.keep_up(lambda done, total, what: print(done, total, flush=True))
"""


def test_indexing_goes_on_after_kill_9_and_the_old_index_answers_meanwhile(tmp_path):
    own, new = Words(tmp_path, "own"), Words(tmp_path, "new")
    old = KnowledgeBase(tmp_path, own)
    for number in range(40):
        old.add_text(f"n{number}", f"Crate number{number} holds lamps.")
    before = old.search("number7")
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env) as process:
        while int(process.stdout.readline().split()[0]) < 10:
            assert old.search("number7") == before
        os.kill(process.pid, signal.SIGKILL)
    assert old.search("number7") == before
    base = KnowledgeBase(tmp_path, own, trained=lambda: new)
    assert 0 < base.retriever.keep_up() <= 30
    assert sources(base, base.retriever.near("number7", 1)) == ["n7"]
    assert base.store.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
