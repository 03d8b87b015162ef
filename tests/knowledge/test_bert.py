"""The compiled encoder says what transformers' own says, and an encoder of another kind is computed by that one."""

import shutil
from pathlib import Path

import numpy
import pytest
import torch
from transformers import AutoModel, DistilBertConfig, DistilBertModel

from knowledge import bert
from knowledge.embed import Encoder
from knowledge.errors import KnowledgeError
from tools.models.embedded import minilm_folder

TEXTS = ["Where is my parcel?", "Refunds take five days.", "", "A longer remark, " * 90]


def test_hidden_states_are_those_of_transformers() -> None:
    own, other = bert.Bert(*bert.read(minilm_folder())), AutoModel.from_pretrained(minilm_folder()).eval()
    ids = [[101, *range(2000, 2000 + length), 102] for length in (3, 9, 40, 128)]
    segments = [[0] * (len(each) - 2) + [1] * 2 for each in ids]
    together = own.hidden(ids, segments)
    for row, each, kinds in zip(together, ids, segments, strict=True):
        with torch.inference_mode():
            wanted = other(input_ids=torch.tensor([each]), token_type_ids=torch.tensor([kinds]))
        assert numpy.abs(row[: len(each)] - wanted.last_hidden_state[0].numpy()).max() < 1e-4
        last, half = own.halfway([each])
        with torch.inference_mode():
            states = other(input_ids=torch.tensor([each]), output_hidden_states=True).hidden_states
        for found, number in ((last, 6), (half, 3)):
            assert numpy.abs(found[0, : len(each)] - states[number][0].numpy()).max() < 1e-4
        assert numpy.abs(own.hidden([each])[0, : len(each)] - row[: len(each)]).max() > 1e-2, "segments count"


def test_an_encoder_of_another_kind(tmp_path: Path) -> None:
    torch.manual_seed(0)
    small = DistilBertConfig(vocab_size=30522, dim=32, n_layers=2, n_heads=2, hidden_dim=64)
    DistilBertModel(small).save_pretrained(tmp_path)
    shutil.copy(minilm_folder() / "tokenizer.json", tmp_path)
    assert not bert.fits(tmp_path)
    other = Encoder(tmp_path)
    together = other.encode(TEXTS)
    assert together.shape == (4, 32) and numpy.allclose(numpy.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert numpy.allclose(together[1], other.encode(TEXTS[1:2])[0], atol=1e-5), "padding changes nothing"
    assert [part.shape for part in other.tokens(TEXTS[:1])[0]] == [(7, 32)] * 3


def test_weights_that_do_not_fit_are_told(tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(minilm_folder() / name, tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(KnowledgeError, match="cannot be loaded"):
        Encoder(tmp_path).encode(["Where is my parcel?"])
