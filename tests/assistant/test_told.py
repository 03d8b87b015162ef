"""Words that a tool read for placeholders come back as the placeholders, each in its place."""

from typing import Any

from assistant.agent.told import told_again
from assistant.agent.vault import CallVault

WRITTEN = "Ask <PERSON> (<EMAIL_ADDRESS>) about it"
REAL = "Ask Anna Berg (anna.berg@example.org) about it"


def _vault() -> CallVault:
    vault = CallVault()
    for kind, value in (("PERSON", "Anna Berg"), ("EMAIL_ADDRESS", "anna.berg@example.org")):
        assert vault.apply("replace", kind, value) == f"<{kind}>"
    return vault


def _told(result: dict[str, Any], **more: str) -> dict[str, Any]:
    return told_again(result, {"text": WRITTEN, **more}, _vault().restored)


def _words(text: str, *words: str) -> list[dict[str, Any]]:
    found, at = [], 0
    for number, word in enumerate(words):
        at = text.index(word, at)
        found.append({"text": word, "start": at, "end": at + len(word), "attribution": 0.125 * (number + 1)})
        at += len(word)
    return found


def test_equal_values_have_one_placeholder_and_different_ones_are_numbered() -> None:
    vault = _vault()
    assert vault.apply("replace", "PERSON", "anna  berg") == "<PERSON>"
    assert vault.apply("replace", "PERSON", "Max Roe") == "<PERSON_2>"
    assert vault.restored(["<PERSON_2> and <PERSON>", 3]) == ["Max Roe and Anna Berg", 3]
    assert vault.restored("<PERSON_3>") == "<PERSON_3>"


def test_words_of_one_placeholder_are_added_up_and_stand_where_it_stands() -> None:
    tokens = _words(REAL, "Ask", "Anna", "Berg", "(", "anna", ".", "berg", "about")
    told = _told({"text": REAL, "tokens": tokens, "windows": [{"start": 0, "end": 9, "tokens": tokens[:3]}]})
    assert [(each["text"], each["attribution"]) for each in told["tokens"]] == [
        ("Ask", 0.125), ("<PERSON>", 0.625), ("(", 0.5), ("<EMAIL_ADDRESS>", 0.625 + 0.75 + 0.875), ("about", 1.0),
    ]  # fmt: skip
    assert told["text"] == WRITTEN
    assert all(WRITTEN[each["start"] : each["end"]] == each["text"] for each in told["tokens"])
    assert WRITTEN[: told["windows"][0]["end"]] == "Ask <PERSON>" and "Anna" not in str(told)


def test_changes_are_made_in_the_text_with_placeholders() -> None:
    changes = [
        {"start": 0, "end": 3, "from": "Ask", "to": "Tell"},
        {"start": 9, "end": 13, "from": "Berg", "to": ""},
    ]
    told = _told(
        {"counterfactual": {"text": "Tell Anna (anna.berg@example.org) about it", "changes": changes}}
    )
    turned = told["counterfactual"]
    assert turned["text"] == "Tell <PERSON> (<EMAIL_ADDRESS>) about it"
    assert [each["from"] for each in turned["changes"]] == ["Ask", "<PERSON>"]


def test_entities_and_the_other_text() -> None:
    entity = {"text": "Anna Berg", "entity": "PER", "start": 4, "end": 13, "score": 0.9}
    told = _told({"predictions": [{"entities": [entity]}], "target": entity})
    assert told["target"] == entity | {"text": "<PERSON>", "end": 12}
    assert told["predictions"] == [{"entities": [told["target"]]}]
    other = {"text": "To Anna Berg", "tokens": _words("To Anna Berg", "To", "Anna", "Berg")}
    told = told_again({"other": other}, {"text": "it", "other": "To <PERSON>"}, _vault().restored)
    assert told["other"]["text"] == "To <PERSON>"
    assert [each["text"] for each in told["other"]["tokens"]] == ["To", "<PERSON>"]


def test_what_a_model_wrote_and_what_has_no_place_names_nobody() -> None:
    filled = {"label": "Anna Berg", "scores": {"it": 0.5}, "text": f"{REAL} today"}
    told = _told(
        {"predictions": [filled], "note": "Rests on anna berg, not Annaberg.", "words": ["Ask", "Anna Berg"]}
    )
    assert told["predictions"] == [filled | {"text": f"{WRITTEN} today"}], "a label is the model's"
    assert told["note"] == "Rests on <PERSON>, not Annaberg." and told["words"] == ["Ask", "<PERSON>"]
    vault = CallVault()
    for value in ("李雷", "Al"):
        vault.apply("replace", "PERSON", value)
    wrote = told_again(
        {"text": "", "reply": "请李雷联系 Al，Also"}, {"text": "<PERSON> <PERSON_2>"}, vault.restored
    )
    assert wrote["reply"] == "请<PERSON>联系 Al，Also", "two letters are too few to go by"


def test_nothing_changes_where_nothing_is_hidden() -> None:
    result = {"tokens": _words("a b", "a", "b"), "text": "a b"}
    assert told_again(result, {"text": "a <PERSON_7>"}, _vault().restored) is result
