"""The embedded encoder as a service."""

from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest

from tests.tools.trained import ROWS
from tools.finetune.encoder import FrozenEncoder
from tools.models.embedded import minilm_folder
from tools.serving.embedder import Embedder
from tools.serving.engines.kept import FOLDER
from tools.serving.engines.openvino import GRAPH, OpenVinoModule

TEXTS = [text for group in ROWS.values() for text in group]


@pytest.mark.parametrize("quick", [True, False])
def test_many_callers_get_the_vectors_of_the_encoder(tmp_path, quick) -> None:
    wanted = FrozenEncoder(minilm_folder(), "cpu").embed(TEXTS)
    embedder = Embedder(minilm_folder(), tmp_path / "minilm", quick)
    with ThreadPoolExecutor(8) as pool:
        found = numpy.concatenate(list(pool.map(lambda text: embedder.embed([text], text), TEXTS)))
    assert numpy.allclose((found * wanted).sum(-1), 1, atol=0.005)
    assert isinstance(embedder._loaded().encoder.compute, OpenVinoModule) == quick
    assert (tmp_path / "minilm" / FOLDER / GRAPH).exists() == quick


def test_a_damaged_graph_is_no_loss(tmp_path) -> None:
    kept = tmp_path / FOLDER
    kept.mkdir()
    (kept / GRAPH).write_text("no graph")
    assert Embedder(minilm_folder(), tmp_path).embed(["hello"]).shape == (1, 384)
