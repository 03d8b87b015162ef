"""Reading a domain's texts: a sentence encoder keeps what sentences mean to it."""

import json

import pytest

from tests.tools.tiny_models import sentences, tiny_bert, write_csv
from tools.finetune.domain import SENTENCES, is_sentence_encoder
from tools.finetune.encoder import FrozenEncoder
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec

pytestmark = pytest.mark.usefixtures("one_thread")
TEXTS = [text for text, _ in sentences(200)]


def _read_on(tmp_path, sentence_encoder: bool):
    base = tiny_bert(tmp_path / "tiny")
    if sentence_encoder:
        (base / SENTENCES).write_text(json.dumps([]))
    data = write_csv(tmp_path / "texts.csv", [(text,) for text in TEXTS], ("text",))
    spec = FinetuneSpec(data, "dom", "tiny", base, task="masked-lm", epochs=12, learning_rate=5e-3)
    result = train(spec, tmp_path / "model", tmp_path / "work", lambda progress: None)
    before, after = FrozenEncoder(base).embed(TEXTS), FrozenEncoder(tmp_path / "model").embed(TEXTS)
    return result, float((before * after).sum(axis=1).mean())


def test_a_sentence_encoder_learns_the_words_and_keeps_its_vectors(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "plain").mkdir()
    kept, near = _read_on(tmp_path / "kept", sentence_encoder=True)
    _, far = _read_on(tmp_path / "plain", sentence_encoder=False)
    assert kept["metrics"]["perplexity"] < kept["baseline"]["base_model"]["perplexity"]
    assert near > 0.9 and near > far + 0.05
    assert is_sentence_encoder(tmp_path / "kept" / "model")  # what learns from it next knows what it is
    assert not is_sentence_encoder(tmp_path / "plain" / "model")
