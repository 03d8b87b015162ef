"""The embedded encoder as a service."""

from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest

from knowledge.embed import encoder
from tests.tools.trained import ROWS
from tools.finetune.encoder import FrozenEncoder
from tools.models.embedded import minilm_folder
from tools.serving.embedder import Embedder
from tools.serving.engines.kept import FOLDER
from tools.serving.engines.openvino import GRAPH

TEXTS = [text for group in ROWS.values() for text in group]


@pytest.mark.parametrize(("quick", "halves"), [(True, False), (True, True), (False, False)])
def test_many_callers_get_the_vectors_of_the_encoder(tmp_path, monkeypatch, quick, halves) -> None:
    monkeypatch.setattr("tools.finetune.machine.bf16", lambda: halves)
    wanted = FrozenEncoder(minilm_folder(), "cpu").embed(TEXTS)
    embedder = Embedder(minilm_folder(), tmp_path / "minilm", quick)
    with ThreadPoolExecutor(8) as pool:
        found = numpy.concatenate(list(pool.map(lambda text: embedder.embed([text], text), TEXTS)))
    assert numpy.allclose((found * wanted).sum(-1), 1, atol=0.005)
    shared = embedder._loaded() == encoder(minilm_folder()).encode
    assert shared == (quick and not halves)
    assert (tmp_path / "minilm" / FOLDER / GRAPH).exists() == (quick and halves)


def test_a_damaged_graph_is_no_loss(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tools.finetune.machine.bf16", lambda: True)
    kept = tmp_path / FOLDER
    kept.mkdir()
    (kept / GRAPH).write_text("no graph")
    assert Embedder(minilm_folder(), tmp_path).embed(["hello"]).shape == (1, 384)
