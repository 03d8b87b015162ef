"""On which passages an answer rests."""

import pytest

from knowledge.filters import Filters
from tools.errors import BadArgument
from tools.explain.passages import explain_answer
from tools.explain.passages_page import passages_html

QUESTION = "How much is the deposit for a bicycle?"


@pytest.fixture(scope="module")
def found(corpus):
    return explain_answer(corpus.answerer, QUESTION, words=True)


def test_the_answer_rests_on_the_passage_that_says_it(corpus, found):
    assert found["answered"] and found["answer"] == corpus.ask(QUESTION)["answer"]
    best = found["passages"][0]
    assert "deposit of €150" in best["text"] and best["cited"] and best["changes_answer"]
    assert best["without"] != found["answer"]
    assert best["influence"] == max(each["influence"] for each in found["passages"])
    assert best["source"] in found["rests_on"]
    assert found["confidence"] >= found["threshold"]
    figures = found["faithfulness"]
    assert figures["comprehensiveness"] > figures["random_comprehensiveness"] >= 0
    assert figures["sufficiency"] < figures["random_sufficiency"]


def test_other_passages_change_nothing(found):
    others = [each for each in found["passages"] if not each["cited"]]
    assert others and any(not each["changes_answer"] for each in others)


def test_no_passage_that_has_a_twin_is_what_an_answer_rests_on(base):
    said = "A refund takes 5 working days after we received the parcel."
    base.add_text("refunds.md", f"# Refunds\n\n{said}")
    base.add_text("shipping.md", "# Shipping\n\nA parcel takes three days and costs 4 euros.")
    question = "How long does a refund take?"
    alone = explain_answer(base.answerer, question)
    assert alone["answered"] and alone["rests_on"] == ["refunds.md"]
    base.add_text("faq.md", f"# Questions\n\n{said}")
    told = explain_answer(base.answerer, question)
    assert told["answer"] == alone["answer"] and told["rests_on"] == []
    assert "say the same" in told["notes"][0]
    filtered = explain_answer(base.answerer, question, filters=Filters(source="faq.md"))
    assert filtered["rests_on"] == ["faq.md"] == list({each["source"] for each in filtered["passages"]})


def test_the_words_that_matched_are_told_on_demand(corpus, found):
    words = found["passages"][0]["words"]
    assert max(words["query"], key=lambda t: t["attribution"])["text"] == "deposit"
    text = found["passages"][0]["text"]
    assert all(text[t["start"] : t["end"]] == t["text"] for t in words["passage"])
    for side in ("query", "passage"):
        figures = words["faithfulness"][side]
        assert figures["comprehensiveness"] > figures["random_comprehensiveness"]
        assert figures["sufficiency"] < figures["random_sufficiency"]
    assert all("words" not in each for each in explain_answer(corpus.answerer, QUESTION)["passages"])


def test_no_answer_is_explained_too(corpus, base):
    told = explain_answer(corpus.answerer, "Who won the chess olympiad in Batumi?")
    assert not told["answered"] and told["answer"] is None and told["rests_on"] == []
    assert "No answer was given" in told["notes"][0] and any("batumi" in note for note in told["notes"])
    assert passages_html(told)
    empty = explain_answer(base.answerer, QUESTION)
    assert empty["passages"] == [] and "no passage" in empty["notes"][0]
    assert set(empty["faithfulness"].values()) == {0.0}


def test_the_page_stands_alone(found):
    page = passages_html(found)
    assert "Without it" in page and "<script" not in page and "border-bottom" in page


def test_an_answer_of_a_rule_rests_on_the_rule_alone(base):
    base.add_text("words.rules", "term: SLA = promise\ndefine: SLA = Our reaction time in writing.")
    base.add_text("support.md", "# Support\n\nThe SLA of the Pro plan is four hours.")
    for question in ("What is the SLA?", "What is the promise?"):
        told = explain_answer(base.answerer, question)
        [passage] = told["passages"]
        assert told["rests_on"] == ["words.rules"] == [passage["source"]] and passage["cited"]
        assert "Our reaction time" in told["answer"] and passage["without"] != told["answer"]
        assert told["notes"] == [
            "A rule of yours answers this question by itself; no other passage was read for it."
        ]


def test_the_answer_that_is_given_is_the_one_explained(corpus):
    asked = f"I am at kim@example.com. {QUESTION}"
    told = explain_answer(
        corpus.answerer, asked, [f"My name is <PERSON>. {QUESTION}"], chat_model="ollama:qwen3"
    )
    assert told["answer"] == corpus.ask(asked)["answer"] and told["question"] == asked
    assert told["confidence"] == explain_answer(corpus.answerer, QUESTION)["confidence"]
    assert "ollama:qwen3 words answers itself" in told["notes"][-1]
    with pytest.raises(BadArgument, match="question is empty"):
        explain_answer(corpus.answerer, " ")
