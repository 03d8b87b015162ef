"""Reading a question and a sentence together."""

import random

import pytest

from knowledge.confidence import confidence, features
from knowledge.embed import Encoder
from knowledge.recipe.pairs import sections
from knowledge.recipe.train import cases, save, tokens, train
from knowledge.verify import FILE, Verifier, verdict, verifier
from tools.models.embedded import minilm_folder

SENTENCES = [
    "Handbook > Kitchen: The dishwasher is emptied by whoever comes first.",
    "Handbook > Kitchen: Fruit comes on Tuesday.",
    "Handbook > Travel: Hotels may cost £120 a night in Oslo.",
    "Handbook > Travel: Receipts are uploaded within ten days.",
]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("by when do I have to hand in my bills", 3),
        ("what may a room in Oslo set us back", 2),
        ("which day do we get apples", 1),
    ],
)
def test_the_sentence_that_answers_is_ahead(encoder, question, answer):
    logits = Verifier(encoder).logits(question, SENTENCES)
    assert max(range(len(logits)), key=logits.__getitem__) == answer


def test_a_sentence_is_judged_the_same_alone_and_among_others(encoder):
    reads = Verifier(encoder)
    alone = [reads.logits("when does fruit come", [each])[0] for each in SENTENCES]
    assert reads.logits("when does fruit come", SENTENCES) == pytest.approx(alone, abs=1e-3)


def test_answers_without_a_verifier(corpus, tmp_path, monkeypatch, caplog):
    asked, hits, units = corpus.answerer.read("How much is the deposit for a bicycle?")
    memory = corpus.searcher.encoder
    whole = features(asked, hits, units, memory)
    assert "verified_top" in whole
    damaged = tmp_path / "verifier.safetensors"
    damaged.write_bytes(FILE.read_bytes()[:5000])
    for file in (damaged, tmp_path / "away.safetensors"):
        assert verifier(memory.encoder, file) is None and verifier(memory.encoder, file) is None
    assert len([each for each in caplog.records if "not verified" in each.message]) == 2
    monkeypatch.setattr("knowledge.verify.verifier", lambda encoder: None)
    assert verdict(asked, units, memory) == {}
    assert confidence(features(asked, hits, units, memory)) > 0.5


def test_another_encoder_has_no_verdict(tmp_path, encoder):
    class Other(Encoder):
        name = "another"

    with pytest.raises(ValueError, match="trained for the encoder"):
        Verifier(Other(minilm_folder()))
    assert not verifier(Other(tmp_path))


def test_invented_sections_hold_their_answers():
    (first, *_), again = list(sections(5, 1)), next(iter(sections(5, 1)))
    assert first == again and first != next(iter(sections(6, 1)))
    for section in sections(5, 1):
        assert section.texts and all("{" not in text for text in section.texts)
        assert any(places for _, places in section.questions)
        assert any(not places for _, places in section.questions)
        assert all(
            question and max(places, default=0) < len(section.texts) for question, places in section.questions
        )


def test_the_recipe_trains_weights_that_can_be_read(tmp_path, encoder):
    invented = list(sections(5, 1))[:3]
    assert all(len(texts) > 1 for _, texts in cases(invented, random.Random(1)))
    network = train(invented, tokens(invented, encoder), epochs=1, seed=0)
    save(network, encoder, tmp_path / "new.safetensors")
    assert len(Verifier(encoder, tmp_path / "new.safetensors").logits("when?", SENTENCES)) == 4
