"""Questions made from documents, the place of an answer in them, and pairs parted by document."""

import pytest

from knowledge.filters import Filters
from knowledge.measured import better, figures
from knowledge.pairs import Pair, Wrong, part
from knowledge.placed import place
from knowledge.questions import made_up, same
from knowledge.store import EVERYTHING


@pytest.fixture(scope="module")
def made(corpus):
    return made_up(corpus.store.passages(corpus.store.ids()).values(), seed=3)


def test_questions_come_from_headings_rows_and_sentences(corpus, made):
    assert {each.origin for each in made} == {"heading", "row", "sentence"}
    again = made_up(reversed(corpus.store.passages(corpus.store.ids()).values()), seed=3)
    assert {each.text for each in again} == {each.text for each in made}
    assert {each.text for each in made_up(again_passages(again), seed=4)} != {each.text for each in made}
    rows = [each for each in made if each.origin == "row"]
    assert any("Robin" in each.text or "Heron" in each.text or "Wren" in each.text for each in rows)
    for each in made:
        if each.origin == "sentence":  # the value that is asked for is not in the question
            assert not any(map(str.isdigit, each.text))
    texts = [same(each.text) for each in made]
    assert all(
        {e.passage for e in made if same(e.text) == text} == {made[n].passage} for n, text in enumerate(texts)
    )


def again_passages(questions):
    return {each.passage.id: each.passage for each in questions}.values()


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("Deposit: A deposit of €150 is reserved on your card and released within 48 hours after the bicycle is back. "
         "[1]\nSomething else altogether. [2]", "kestrel/terms.html"),
        ("The deposit of €150 on the card is released within 48 hours.", "kestrel/terms.html"),  # put right by a person
        ("Full-time staff have 28 days of paid leave a year.", "kestrel/handbook.md"),
        ("The moon is made of green cheese, as everybody on board knows.", None),
        ("Fine-tuning has started as job-3. [1]", None),
        ("Yes. [1]", None),
    ],
)  # fmt: skip
def test_an_answer_is_found_in_its_passage(corpus, answer, source):
    found = place(answer, corpus.store, EVERYTHING)
    assert (found and found.source) == source
    assert place(answer, corpus.store, Filters(visibility="internal")) is None


def test_no_document_and_no_question_is_on_both_sides(corpus, made):
    pairs = [Pair(each.text, each.passage, each.origin) for each in made]
    pairs += [Pair("What about the deposit?", each.passage, "thumb") for each in made]
    train, held = part(pairs, 5)
    assert train and held
    assert not {each.passage.source for each in train} & {each.passage.source for each in held}
    assert not {same(each.question) for each in train} & {same(each.question) for each in held}
    assert part(pairs, 5) == (train, held) and part(pairs * 2, 5) == (train, held)
    assert {each.passage.source for each in part(pairs, 6)[1]} != {each.passage.source for each in held}


def test_wrong_passages_look_alike_and_come_from_documents_learned_from(corpus, made):
    train, held = part([Pair(each.text, each.passage, each.origin) for each in made], 5)
    down = next(each.passage for each in train if each.passage != train[0].passage)
    train[0] = Pair(train[0].question, train[0].passage, "thumb", (down,))
    wrong = Wrong(corpus.store, corpus.vectors, corpus.searcher.encoder, train)
    kept = {each.passage.source for each in train}
    there = {each.encoded: each.source for each in corpus.store.passages(corpus.store.ids()).values()}
    rows = [wrong.rows(each) for each in train]
    assert [row["negative"] for row in rows[0]][0] == down.encoded and len(rows[0]) == 3
    assert all(len(each) == 1 for each in rows[1:])
    for row in sum(rows, []):
        assert row["negative"] != row["positive"] and there[row["negative"]] in kept


def test_better_means_clearly_more_and_nothing_lost():
    flat, worse, more = [1, 2, 0, 4] * 5, [2, 3, 0, 5] * 5, [1, 1, 2, 1] * 5
    told = figures({"vectors": flat, "search": more})
    assert told["vectors"] == {"recall@1": 0.25, "recall@5": 0.75, "mrr": 0.4375} and told["rows"] == 20

    def judged(vectors, search):
        return better({"vectors": flat, "search": flat}, {"vectors": vectors, "search": search})

    assert judged(more, flat) and judged(flat, more) and judged(more, more)
    assert not judged(flat, flat) and not judged(more, worse) and not judged(worse, flat)
    lucky = [1, *flat[1:-1], 3]  # one question out of twenty
    assert not judged(lucky, flat)
    assert not better({"vectors": [2], "search": [2]}, {"vectors": [1], "search": [1]}), (
        "one question is chance"
    )
