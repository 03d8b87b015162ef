"""What kind of value a question asks for, and which texts hold one."""

import pytest

from knowledge.kinds import asked_kind, holds


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("how much is a room for one", "money"),
        ("what would 500 cards set me back", "money"),
        ("how much holiday do I get", "number"),
        ("how long may I keep it?", "time"),
        ("When does the season end", "time"),
        ("how many people can sit there", "number"),
        ("who is the cook", "person"),
        ("laptop lost, who do I call", "contact"),
        ("what's your phone number", "phone"),
        ("what is her e-mail address", "mail"),
        ("can I bring my dog", ""),
        ("how do I reset it", ""),
        ("退款要多久", "time"),
        ("多少钱", "money"),
        ("谁负责", "person"),
    ],
)
def test_questions(question, kind):
    assert asked_kind(question) == kind


@pytest.mark.parametrize(
    ("kind", "there", "lacking"),
    [
        ("money", "It costs €12.", "It costs a lot."),
        ("money", "Returns are free of charge.", "Returns go to the depot."),
        ("time", "Within 30 days.", "As soon as we can."),
        ("time", "On Sundays it stays closed.", "It stays as it is."),
        ("person", "Ask for Marta Kolb.", "Ask for it."),
        ("time", "The dividend is paid in May.", "You may ask for the dividend."),
        ("contact", "Report it to extension 5511.", "Report it."),
        ("phone", "Ring 01632 960 411.", "Ring us."),
        ("mail", "Write to a@b.example.", "Write to us."),
        ("number", "It has seven rooms.", "It has rooms."),
        ("time", "三十天内退回。", "可以退回。"),
    ],
)
def test_texts(kind, there, lacking):
    assert holds(kind, there)
    assert not holds(kind, lacking)
