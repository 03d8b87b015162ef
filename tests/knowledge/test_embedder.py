"""A base whose vectors another encoder made says so until they are made anew."""

from types import SimpleNamespace

import pytest

from assistant.settings import Settings
from assistant.workspace import retriever
from assistant.workspace.retriever import base_encoder
from knowledge.base import KnowledgeBase
from knowledge.embed import Encoder
from knowledge.errors import IndexDamaged
from knowledge.made_with import made_with
from knowledge.renew import renew
from tests.tools.tiny_models import tiny_bert
from tools.errors import BadArgument
from tools.models.embedded import minilm_folder


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return Encoder(tiny_bert(tmp_path_factory.mktemp("models") / "tiny"))


def refused(base, why):
    for use in (
        lambda: base.search("fox"),
        lambda: base.ask("Where is the fox?"),
        lambda: base.add_text("c", "A new one."),
    ):
        with pytest.raises(IndexDamaged, match=why):
            use()
    base.warm_up()  # a server starts all the same


def test_another_embedder_makes_all_vectors_anew(base, encoder, other):
    base.add_text("fox", "The fox sleeps in the barn.")
    base.add_text("cat", "The cat sleeps on the sill.")
    base.vectors.save()
    assert made_with(base.store) == encoder.name
    changed = KnowledgeBase(base.folder, other)
    refused(changed, "were made by another embedder")
    assert changed.reindex()["documents"] == 2
    assert {each["source"] for each in changed.search("fox", 5)["results"]} == {"fox", "cat"}
    changed.ask("Where does the fox sleep?")
    refused(base, "were made by another embedder")
    base.reindex()
    assert base.search("fox")["results"][0]["source"] == "fox"
    base.remove("fox")
    base.remove("cat")
    changed.add_text("owl", "The owl sleeps by day.")  # in an empty base nothing is in the way


def test_a_change_that_was_stopped_begins_again(base, other, monkeypatch):
    base.add_text("fox", "The fox sleeps in the barn.")
    base.add_text("cat", "The cat sleeps on the sill.")
    base.add_text("dog", "The dog sleeps at the door.")
    changed = KnowledgeBase(base.folder, other)

    def stopped(store, preparer, source, *rest):
        if source == "cat":
            raise KeyboardInterrupt
        renew(store, preparer, source, *rest)

    with monkeypatch.context() as during, pytest.raises(KeyboardInterrupt):
        during.setattr("knowledge.base.renew", stopped)
        changed.reindex()
    refused(base, "are being made by another embedder")
    refused(changed, "are being made by another embedder")
    assert base.remove("cat")["documents"] == 1  # vectors of both are there, of different widths
    base.reindex()
    assert base.search("fox")["results"][0]["source"] == "fox"


def test_the_setting_names_a_folder_or_a_model(tmp_path, other, monkeypatch):
    entries = {
        "ours": SimpleNamespace(task="embedding", path=tmp_path),
        "tickets": SimpleNamespace(task="text-classification", path=tmp_path),
    }
    registry = SimpleNamespace(knows=entries.__contains__, get=entries.get)

    def folder(name):
        return base_encoder(Settings(home=tmp_path, embedder=name), registry)

    assert folder("embedded") == minilm_folder()
    assert folder("ours") == tmp_path
    assert folder(str(other.folder)) == other.folder
    with pytest.raises(BadArgument, match="makes no vectors"):
        folder("tickets")
    monkeypatch.setattr(retriever, "settings", lambda: Settings(home=tmp_path, embedder=str(other.folder)))
    assert retriever.with_encoder(tmp_path / "kb", None, registry).encoder.name == other.name
