"""Sentences that are not said: by a list, by a classifier, whole and in pieces."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import BadArgument, NotFound
from tools.privacy.redactor import Redactor
from tools.privacy.screen import Screen, classified, listed
from tools.privacy.stream import RedactingStream

RULES = "# not to be said\nlawsuit\n/gua?rant(ee|y)/\n倒闭\n"
REDACTOR = Redactor()


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Screen:
    path = tmp_path_factory.mktemp("screen") / "list.txt"
    path.write_text(RULES, encoding="utf-8")
    return Screen(REDACTOR, listed(path))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("We ship in two days. The LAWSUIT goes on. Ask us.", "We ship in two days. <LEFT_OUT> Ask us."),
        ("I guarantee it, write to a@b.example. Bye.", "<LEFT_OUT> Bye."),
        ("Lawsuits are many.", "Lawsuits are many."),
        ("我们不会倒闭的。谢谢。", "<LEFT_OUT>谢谢。"),
        ("Write to nadia.quill@example.org.", "Write to <EMAIL_ADDRESS>."),
    ],
)
def test_a_sentence_goes_whole(screen: Screen, text: str, left: str) -> None:
    assert screen.gate(text)[0] == left


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_however_it_arrives_it_does_not_leave(screen: Screen, sizes: list[int]) -> None:
    text = (
        "We ship in two days to all of Europe. There is a lawsuit about the blue model, they say. Anything else? "
        * 2
    )
    stream, out, at = RedactingStream(screen), "", 0
    for size in sizes:
        out += stream.feed(text[at : at + size])
        at += size
    out += stream.feed(text[at:]) + stream.close()
    assert "lawsuit" not in out and "blue model" not in out and out.count("<LEFT_OUT>") == 2
    assert out == screen.gate(text)[0]


def test_a_classifier_may_object() -> None:
    def predict(texts: list[str]) -> list[dict]:
        return [{"label": "threat" if "regret" in text else "fine"} for text in texts]

    screen = Screen(REDACTOR, classified(predict, ["threat", "insult"]))
    assert screen.gate("You will regret this. Good day.")[0] == "<LEFT_OUT> Good day."


def test_lists_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="cannot be read"):
        listed(tmp_path / "none.txt")
    (tmp_path / "bad.txt").write_text("/(/\n")
    with pytest.raises(BadArgument, match="no regular expression"):
        listed(tmp_path / "bad.txt")
