"""Whether passages bear out what a model says of them: values, the pairs written for it, and a reply as it comes."""

# ruff: noqa: E501 - cases read best in one line

import random

import pytest

from knowledge.cited import MARKED, NOTHING, CitedReply
from knowledge.facts import asserted, held, missing
from knowledge.remembering import Remembering
from knowledge.statements import claim, segments, states
from knowledge.support import Support
from tests.benchmarks.support_quality import pairs, right

SHIPPING = {
    "number": 3, "source": "shipping.md", "title": "Shipping", "heading": "Shipping > Express", "start": 100, "passage": "7",
    "text": "Express delivery takes one to two working days and costs €12. Gift cards are sent by e-mail.",
}  # fmt: skip
OTHER = SHIPPING | {
    "number": 1,
    "passage": "8",
    "start": 0,
    "heading": "Cafe",
    "text": "The cafe opens at 9 in the morning.",
}


def test_pairs(encoder):
    support, cases = Support(Remembering(encoder)), pairs(1)[::2]  # held out; all of them in the benchmark
    assert len(cases) >= 50 and sum(right(support, pair) for pair in cases) / len(cases) >= 0.8


@pytest.mark.parametrize(
    ("said", "passage"),
    [
        ("1,000 users", "1000 users"), ("€ 5", "5 euros"), ("14:30", "2:30 pm"), ("two weeks", "14 days"),
        ("by 31 March", "March 31st"), ("on Tuesday", "Monday to Friday"), ("15 minutes", "a quarter of an hour"),
        ("20 percent", "20%"), ("€0.20", "20 cents"), ("a year", "12 months"), ("9 am", "from 9 to 17"),
        ("two working days", "one to two working days"), ("下午2点半", "14:30"), ("保修两年", "two years"), ("€9", "Price: 9"),
        ("3月31日", "31 March"), ("a@b.example", "write to A@b.example"), ("1.5 million", "1,500,000"),
    ],
)  # fmt: skip
def test_the_same_value_written_otherwise(said, passage):
    assert asserted(said) and not missing(said, passage)


@pytest.mark.parametrize(
    ("said", "passage"),
    [
        ("90 days", "30 days"), ("four days", "four hours"), ("€15", "15 minutes"), ("31 March", "31 May"), ("on Sunday", "Monday to Friday"),
        ("5 TB", "5 GB"), ("every week", "every month"), ("9:30", "9:00"), ("c@b.example", "a@b.example"), ("1,000", "100"),
    ],
)  # fmt: skip
def test_another_value(said, passage):
    assert missing(said, passage), (asserted(said), held(passage))


@pytest.mark.parametrize(
    "said",
    ["Shall I look further?", "Let me know if you need more.", "I searched your documents.", "Hello!", "Here are the plans:",
     "The documents do not say whether cats are welcome.", "I could not find that.", "好的。", "文档中没有提到这一点。", "Yes.", "[1]"],
)  # fmt: skip
def test_what_states_nothing(said):
    assert not states(said)


@pytest.mark.parametrize(
    "said",
    ["Refunds take 5 days.", "I found that refunds are paid in gold.", "- **Pro**: €22 [1]", "| Pro | €22 |", "退款需要5天。", "Pets are welcome."],
)  # fmt: skip
def test_what_states_something(said):
    assert states(said)


def test_sentences_keep_their_marks_and_bullets():
    text = "Fees:\n1. Pay €5. [1][2] Then wait.\n- See e.g. Mr. Hill [3].\n"
    assert segments(text) == ["Fees:", "\n1. Pay €5. [1][2]", " Then wait.", "\n- See e.g. Mr. Hill [3].\n"]
    assert claim("2. According to the documents, **Pro** costs €5 [1].") == "Pro costs €5."


REPLY = (
    "Sure!\n\n- Express costs €12 [1]. Express delivery takes one to two working days. [3]\n\n| What | Price |\n|---|---|\n| Express | €12 |\n| Rockets | €99 |\n"
    "```\ncosts €77. [9]\n```\nExpress costs €120 【3】. Do you want more?"
)


def told(support: Support, pieces: list[str], **options) -> tuple[str, list[dict]]:
    reply = CitedReply(support, [OTHER, SHIPPING], **options)
    given = [*map(reply.feed, pieces), reply.close()]
    return "".join(text for text, _ in given), [each for _, cited in given for each in cited]


def test_a_reply_is_the_same_in_pieces_and_whole(encoder):
    support = Support(Remembering(encoder))
    text, cited = told(support, [REPLY])
    assert text == (
        "Sure!\n\n- Express costs €12. [1] Express delivery takes one to two working days. [1]\n\n| What | Price |\n|---|---|\n| Express | €12 [1] |\n"
        f"| Rockets | €99 {MARKED} |\n```\ncosts €77. [9]\n```\nExpress costs €120. {MARKED} Do you want more?"
    )
    assert [(each["number"], each["passage"], each["start"], each["end"]) for each in cited] == [
        (1, "7", 100, 161)
    ]
    assert cited[0]["text"] == SHIPPING["text"][:61]
    dice = random.Random(7)
    for _ in range(3):
        cuts = sorted(dice.sample(range(len(REPLY)), 30))
        pieces = [REPLY[a:b] for a, b in zip([0, *cuts], [*cuts, len(REPLY)], strict=True)]
        assert told(support, pieces) == (text, cited)
    assert told(support, list(REPLY)) == (text, cited)


def test_what_is_dropped_is_never_shown(encoder):
    support = Support(Remembering(encoder))
    kept, cited = told(support, ["Sure! Express costs €12. Rockets cost €99. Anything else?"], drop=True)
    assert kept == "Sure! Express costs €12. [1] Anything else?" and len(cited) == 1
    assert told(support, ["Yes. Rockets cost €99."], drop=True) == (NOTHING, [])
    assert told(support, ["I could not find that."], drop=True) == ("I could not find that.", [])


def test_a_sentence_may_rest_on_two_passages(encoder):
    text, cited = told(
        Support(Remembering(encoder)), ["Express delivery costs €12 and the cafe opens at 9 am."]
    )
    assert text.endswith("[1][2]") and {each["passage"] for each in cited} == {"7", "8"}
