"""Other models that find names, stand-ins for personal values, check digits, and the pieces that a model reads."""

import re
from pathlib import Path

import pytest

from tools.errors import Unsupported
from tools.privacy.check_digits import id_check, luhn, uscc_check
from tools.privacy.ner import Ner, spacy_folder
from tools.privacy.ner_models import label
from tools.privacy.redactor import Redactor
from tools.privacy.segments import pieces, segments
from tools.privacy.surrogates import Surrogates


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        ("PER", "PERSON"),
        ("B-PER", "PERSON"),
        ("person", "PERSON"),
        ("GIVENNAME1", "PERSON"),
        ("GPE", "LOCATION"),
        ("FAC", "LOCATION"),
        ("I-ORG", "ORGANIZATION"),
        ("street_address", "LOCATION"),
        ("MISC", None),
        ("CARDINAL", None),
        ("O", None),
        ("contract no", "CONTRACT_NO"),
    ],
)
def test_labels_of_other_models(given: str, ours: str | None) -> None:
    assert label(given) == ours


def test_an_installed_spacy_pipeline_takes_the_place_of_the_embedded_one() -> None:
    found = Ner(f"spacy:{spacy_folder()}").named("Barack Obama visited Germany and Google in 2009.")
    assert {each.label_ for each in found} >= {"PERSON", "LOCATION"}
    assert Redactor(ner=f"spacy:{spacy_folder()}").gate("I met Barack Obama")[0] == "I met <PERSON>"


def test_the_quick_reader_names_what_spacy_names() -> None:
    """Also of words that it has forgotten, in capitals, between blank lines, and of many texts together."""
    import spacy

    from tools.privacy import quick
    from tools.privacy.ner import TRAINED, SpacyReader

    lines = (Path(__file__).parents[1] / "benchmarks/data/redaction/support.txt").read_text("utf-8")
    texts = [re.sub(r"\[\[\w+\||\]\]", "", line).replace("\\n", "\n") for line in lines.splitlines()]
    texts += [text.upper() for text in texts[::4]] + [
        "",
        " ",
        "\n\n",
        "Ann",
        " Ann Bell\n ",
        "Ann \n Bell Ann",
    ]
    plain = list(SpacyReader(spacy.load(TRAINED)).many(texts))
    reader = quick.QuickReader(spacy.load(TRAINED))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick, "REMEMBERED", 300)
        assert [reader(text) for text in texts] == plain
    assert list(reader.many(texts)) == plain and sum(map(len, plain)) > 100


def test_a_token_classifier_fine_tuned_here_finds_what_it_learned(tmp_path: Path) -> None:
    """Its labels that are none of the usual ones become types of their own."""
    from tools.privacy.ner_models import load

    folder = _token_classifier(tmp_path)
    found = load(str(folder))("the red code")
    assert found and {each[0] for each in found} <= {"PERSON", "CONTRACT_NO"}
    assert all(0 <= start < end <= len("the red code") for _, start, end in found)
    cleaned = Redactor(ner=str(folder)).gate("the red code")[0]
    assert "<CONTRACT_NO>" in cleaned or "<PERSON>" in cleaned


def test_pickled_weights_are_not_loaded(tmp_path: Path) -> None:
    import torch

    from tools.privacy.ner_models import load

    folder = _token_classifier(tmp_path)
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(Unsupported, match="safetensors"):
        load(str(folder))


def _token_classifier(folder: Path) -> Path:
    """A tiny model that calls every token a contract number."""
    import torch
    from transformers import BertForTokenClassification

    from tests.tools.tiny_models import tiny_bert, tokenizer

    base = tiny_bert(folder / "base")
    names = {0: "B-CONTRACT_NO", 1: "O"}
    model = BertForTokenClassification.from_pretrained(
        base, id2label=names, label2id={v: k for k, v in names.items()}
    )
    with torch.no_grad():
        model.classifier.bias.copy_(torch.tensor([9.0, -9.0]))
    model.save_pretrained(folder / "tagger")
    tokenizer().save_pretrained(folder / "tagger")
    return folder / "tagger"


def test_a_model_that_is_not_there_is_said() -> None:
    with pytest.raises(Unsupported, match="ASSISTANT_NER|cannot be loaded"):
        Ner("spacy:no_such_pipeline").named("Ann")


def test_stand_ins_are_consistent_and_of_the_same_form() -> None:
    one, other = Surrogates(b"a"), Surrogates(b"b")
    card = one("CREDIT_CARD", "4111-1111-1111-1111")
    assert re.fullmatch(r"4\d{3}-\d{4}-\d{4}-\d{4}", card) and luhn(card.replace("-", ""))
    assert one("PERSON", "Jane Doe") == one("PERSON", "jane  DOE") != other("PERSON", "Jane Doe")
    identity = one("CN_ID_CARD", "110105198503127169")
    assert identity[:6] == "110105" and id_check(identity[:17]) == identity[17]
    assert re.fullmatch(r"\+44 \d{4} \d{6}", one("PHONE_NUMBER", "+44 7700 900461"))
    assert re.search(r"[\u4e00-\u9fff]", one("PERSON", "王小明")) and one("PERSON", "jane").islower()
    for kind, value in (
        ("EMAIL_ADDRESS", "a@b.co"),
        ("SECRET", "sk-abc123"),
        ("AGE", "44"),
        ("LOCATION", "Paris"),
    ):
        assert one(kind, value) != value


def test_scrubbed_texts_read_on(tmp_path: Path) -> None:
    from tools.data.scrub import scrub

    source, target = tmp_path / "a.csv", tmp_path / "b.csv"
    rows = ["I am Maria Lopez at m.lopez@example.com", "Maria Lopez paid", "Where is my order?"]
    source.write_text("text\n" + "\n".join(rows) + "\n")
    found = scrub(source, target, Redactor(salt=b"x"), operator="surrogate")
    lines = target.read_text().splitlines()[1:]
    assert found["changed"] == 2 and lines[2] == rows[2]
    assert "Lopez" not in target.read_text() and "<" not in target.read_text()
    name = re.match(r"I am (.+) at \S+@example\.\w+$", lines[0])
    assert name and lines[1] == f"{name.group(1)} paid"


def test_check_digits() -> None:
    assert luhn("4111111111111111") and not luhn("4111111111111112")
    assert id_check("11010519491231002") == "X"
    assert uscc_check("91350100M000100Y4") == "3"


def test_lines_of_an_address_are_read_together_and_lists_line_by_line() -> None:
    text = "Regards,\nAnna Bell\n12 Mill Road\nLeeds\n\n- one\n- two\nThis line is too long to stand in a block.\n"
    read = [text[a:b] for a, b in pieces(text)]
    assert read[0].startswith("Regards,\nAnna Bell\n12 Mill Road\nLeeds") and "- two\n" in read
    for cut in (pieces, segments):
        spans = list(cut(text))
        assert spans[0][0] == 0 and spans[-1][1] == len(text)
        assert all(a[1] == b[0] for a, b in zip(spans, spans[1:], strict=False))
