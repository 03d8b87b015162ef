"""Reading a domain's texts: a sentence encoder keeps what sentences mean to it."""

import json

import pytest

from tests.tools.tiny_models import sentences, tiny_bert, tokenizer, write_csv
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
    plain, far = _read_on(tmp_path / "plain", sentence_encoder=False)
    assert kept["metrics"]["perplexity"] < 0.9 * len(tokenizer())  # which pure chance comes to
    assert "base_model" not in kept["baseline"]  # it has never learned to name a word
    assert near > 0.9 and near > far + 0.05
    assert is_sentence_encoder(tmp_path / "kept" / "model")  # what learns from it next knows what it is
    assert not is_sentence_encoder(tmp_path / "plain" / "model")
    learned = tmp_path / "plain" / "model"
    spec = FinetuneSpec(tmp_path / "plain" / "texts.csv", "on", "dom", learned, task="masked-lm", epochs=1)
    further = train(spec, tmp_path / "on", tmp_path / "on-work", lambda progress: None)
    assert further["baseline"]["base_model"]["perplexity"] == pytest.approx(
        plain["metrics"]["perplexity"], rel=0.02
    )
    low, high = json.loads((tmp_path / "on" / "evaluation.json").read_text())["intervals"]["perplexity"]
    assert low <= further["metrics"]["perplexity"] <= high
