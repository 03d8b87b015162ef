"""Reading a question and a sentence together."""

import random

import pytest

from knowledge import bert
from knowledge.confidence import confidence, features
from knowledge.embed import Encoder
from knowledge.joint import begin
from knowledge.recipe.companies import COMPANIES, company_sections
from knowledge.recipe.joint import train_joint
from knowledge.recipe.pairs import Section, sections
from knowledge.recipe.train import cases, save_both, tokens, train
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
@pytest.mark.parametrize("network", ["logits", "joint_logits"])
def test_the_sentence_that_answers_is_ahead(encoder, question, answer, network):
    logits = getattr(Verifier(encoder), network)(question, SENTENCES)
    assert max(range(len(logits)), key=logits.__getitem__) == answer


@pytest.mark.parametrize("network", ["logits", "joint_logits"])
def test_a_sentence_is_judged_the_same_alone_and_among_others(encoder, network):
    reads = getattr(Verifier(encoder), network)
    alone = [reads("when does fruit come", [each])[0] for each in SENTENCES]
    assert reads("when does fruit come", SENTENCES) == pytest.approx(alone, abs=1e-3)


def test_the_joint_network_starts_as_the_upper_half_of_the_encoder(encoder):
    (whole,) = encoder.tokens(["Where is my parcel?"])
    upper = begin(bert.read(encoder.folder)[0]).eval().layers(whole.half.float()[None])[0]
    assert (upper - whole.hidden.float()).abs().max() < 0.01  # what is kept has half precision


def test_answers_without_a_verifier(corpus, tmp_path, monkeypatch, caplog):
    asked, hits, units = corpus.answerer.read("How much is the deposit for a bicycle?")
    memory = corpus.searcher.encoder
    whole = features(asked, hits, units, memory)
    assert {"verified_top", "joint_top"} <= set(whole)
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


def test_questions_of_companies_stand_beside_what_answers_them(tmp_path, encoder):
    (tmp_path / "boats.txt").write_text(
        "=== prices.csv\nBoat;Hour\nCanoe;€9\nKayak;€12\n"
        "=== rules.md\n# Rules\n\nBoats are back by six. Dogs may come along.\n"
    )
    (tmp_path / "boats.questions.txt").write_text(
        "what's a kayak => prices => €12\ncan I bring my dog => rules => Dogs\n"
        "how deep is the lake => -\nwho made it => rules => Nobody\n"
    )
    found = {section.questions[0][0]: section for section in company_sections(encoder, tmp_path)}
    assert set(found) == {"what's a kayak", "can I bring my dog", "how deep is the lake"}
    kayak, dog = found["what's a kayak"], found["can I bring my dog"]
    assert kayak.questions[0][1] == (0,) and "€12" in kayak.texts[0] and len(kayak.texts) > 2
    assert "Dogs" in dog.texts[0] and not any("Dogs" in text for text in dog.texts[1:])
    assert found["how deep is the lake"].questions[0][1] == ()


def test_what_answers_stands_in_the_companies_documents():
    for path in COMPANIES.glob("*.questions.txt"):
        documents = path.with_name(path.name.replace(".questions", "")).read_text("utf-8").lower()
        for line in path.read_text("utf-8").splitlines():
            question, _, rest = line.partition(" => ")
            says = rest.partition(" => ")[2]
            assert question and rest, line
            for each in filter(None, says.split(";")):
                assert any(way.lower() in documents for way in each.split("|")), line


def test_the_recipe_trains_weights_that_can_be_read(tmp_path, encoder):
    invented = list(sections(5, 1))[:3]
    assert all(len(texts) > 1 for _, texts in cases(invented, random.Random(1)))
    known = tokens(invented, encoder)
    network = train(invented, known, epochs=1, seed=0)
    single = [Section(section.texts, [each]) for section in invented for each in section.questions]
    joint = train_joint(single, known, encoder, epochs=1, seed=0)
    save_both(network, joint, encoder, tmp_path / "new.safetensors")
    reads = Verifier(encoder, tmp_path / "new.safetensors")
    assert len(reads.logits("when?", SENTENCES)) == len(reads.joint_logits("when?", SENTENCES)) == 4
