"""Which questions take the one before along."""

import pytest

from knowledge.follow_up import readings, rewrite

OFFICE, EXPRESS, ZH = "Where is the office?", "How long does express delivery take?", "专业版多少钱？"


@pytest.mark.parametrize(
    ("question", "before"),
    [
        ("Is there wifi?", OFFICE),
        ("Are there lockers?", OFFICE),
        ("Can I pay with this card?", EXPRESS),
        ("Is it possible to pay by card?", EXPRESS),
        ("Do customers have to bring their own box?", OFFICE),
        ("ok", OFFICE),
        ("?", OFFICE),
        ("如何退款？", "办公室在哪里？"),
        ("保修期多久？", ZH),
        ("这里有停车场吗？", "办公室在哪里？"),
    ],
)
def test_what_stands_alone_stays_as_it_is(question, before):
    assert rewrite(question, [before]) == question


@pytest.mark.parametrize(
    ("question", "before"),
    [
        ("Does it cost extra?", EXPRESS),
        ("Does this delivery cost extra?", EXPRESS),
        ("Is that included in the Pro plan?", EXPRESS),
        ("What is their phone number?", OFFICE),
        ("Can I return those?", EXPRESS),
        ("它的电池可以使用多长时间？", ZH),
    ],
)
def test_what_refers_back_is_completed_or_else_asked_alone(question, before):
    assert readings(question, [before]) == [f"{before} {question}", question]


@pytest.mark.parametrize(
    ("question", "before"),
    [
        ("and in Norway?", EXPRESS),
        ("How do I get there?", OFFICE),
        ("how long?", OFFICE),
        ("那企业版呢？", ZH),
        ("多少钱？", ZH),
    ],
)
def test_a_fragment_means_nothing_alone(question, before):
    assert readings(question, [before]) == [f"{before} {question}"]


def test_a_long_conversation_is_followed_a_bounded_way_back():
    assert rewrite("and in Norway?", [OFFICE, "and in Oslo?"] * 2_000).count("Oslo") == 1
    assert len(rewrite("and in Norway?", ["and in Oslo?"] * 4_000)) < 200


def test_no_history_no_completion():
    assert readings("and it?", []) == ["and it?"]


def test_a_question_that_was_completed_for_nothing_is_asked_alone(base, monkeypatch):
    question, heard = "Does it cost extra?", []

    def answer(_question, alone, *_):
        heard.append(alone)
        return {"answered": alone == question}

    monkeypatch.setattr(base.answerer, "_answer", answer)
    assert base.ask(question, [EXPRESS])["answered"]
    assert heard == [f"{EXPRESS} {question}", question]
