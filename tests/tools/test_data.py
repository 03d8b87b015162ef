"""Guessing columns, splitting, counting, and the shipped sample."""

# ruff: noqa: E501 - tables of cases read best in one line

import json
import subprocess
import sys
from pathlib import Path

import pytest

import assistant
from tools.data.columns import guess_columns
from tools.data.inspect import inspect_file
from tools.data.read import read_table
from tools.data.split import split
from tools.data.stats import Distinct
from tools.errors import BadArgument

SAMPLES = Path(assistant.__file__).parent / "samples"
TEXT = "my parcel has not arrived yet, number"


def rows(**columns):
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


TEXTS = [f"{TEXT} {n}" for n in range(40)]


@pytest.mark.parametrize(
    ("table", "task", "text", "label"),
    [
        (
            rows(id=range(40), message=TEXTS, intent=["a", "b"] * 20),
            "text-classification",
            "message",
            "intent",
        ),
        (rows(x=TEXTS, y=["1", "0"] * 20), "text-classification", "x", "y"),
        (
            rows(when=["2026-01-01"] * 40, body=TEXTS, stars=["5", "4"] * 20),
            "text-classification",
            "body",
            "stars",
        ),
        (rows(text=TEXTS), "masked-lm", "text", None),
        (rows(prompt=TEXTS, completion=TEXTS), "text-generation", "prompt", "completion"),
        (rows(question=TEXTS, answer=["yes", "no"] * 20), "text-classification", "question", "answer"),
        (rows(messages=[[{"role": "user", "content": "hi"}]] * 4), "text-generation", "messages", None),
        (
            rows(tokens=[["a", "b"]] * 4, ner_tags=[["O", "B-X"]] * 4),
            "token-classification",
            "tokens",
            "ner_tags",
        ),
        (rows(tokens=[["a", "b"]] * 4, ner_tags=[[0, 1]] * 4), "token-classification", "tokens", "ner_tags"),
        (rows(anchor=TEXTS, positive=TEXTS), "embedding", "anchor", "positive"),
        (rows(a=["1", "2"] * 20, b=["3", "4"] * 20), None, None, None),
        (
            rows(文本=["我的快递还没有到请查一下"] * 4, 标签=["物流", "退款"] * 2),
            "text-classification",
            "文本",
            "标签",
        ),
    ],
)
def test_task_and_columns_are_guessed(table, task, text, label):
    guess = guess_columns(table)
    assert guess.task == task
    assert guess.text_column == text
    assert guess.label_column == label or task is None


def test_stated_columns_are_kept_and_misspelt_ones_refused():
    table = rows(subject=TEXTS, body=TEXTS, category=["a", "b"] * 20, priority=["high", "low"] * 20)
    guess = guess_columns(table, text_column="Subject", label_column="priority")
    assert (guess.text_column, guess.label_column) == ("subject", "priority")
    with pytest.raises(BadArgument, match="Did you mean category"):
        guess_columns(table, label_column="catgory")


def test_a_split_is_stratified_complete_and_repeatable():
    texts = [f"text {n}" for n in range(1000)]
    labels = ["rare" if n % 10 == 0 else "common" for n in range(1000)]
    first, again = split(texts, labels, seed=1), split(texts, labels, seed=1)
    parts = (first.train, first.validation, first.test)
    assert sorted(row for part in parts for row in part) == list(range(1000))
    assert [len(part) for part in parts] == [800, 100, 100]
    assert [sum(labels[row] == "rare" for row in part) for part in parts] == [80, 10, 10]
    assert (first.test == again.test).all()
    assert (first.test != split(texts, labels, seed=2).test).any()


def test_duplicates_never_cross_a_split():
    texts = [f"Text  {n % 50}" if n % 2 else f"text {n % 50} " for n in range(400)]
    parts = split(texts, ["ab"[n % 2] for n in range(400)])
    seen = [
        {" ".join(texts[row].casefold().split()) for row in part}
        for part in (parts.train, parts.validation, parts.test)
    ]
    assert not seen[0] & seen[1] and not seen[0] & seen[2] and not seen[1] & seen[2]


def test_tiny_classes_are_always_trained_on():
    labels = ["a"] * 1 + ["b"] * 2 + ["c"] * 5
    parts = split([f"t{n}" for n in range(8)], labels)
    assert {labels[row] for row in parts.train} == {"a", "b", "c"}
    assert {labels[row] for row in parts.test} == {"b", "c"}
    assert len(parts.validation) == 1


def test_bad_fractions_are_refused():
    with pytest.raises(BadArgument, match="fractions"):
        split(["a"], ["b"], fractions=(0.5, 0.1, 0.1))


def test_distinct_counts_are_exact_and_then_close():
    exact, close = Distinct(room=1000), Distinct(room=1000)
    exact.add(f"v{n % 500}" for n in range(900))
    assert (exact.exact, exact.unique(900), exact.repeats) == (True, 500, 400)
    for start in range(0, 50_000, 1000):
        close.add(f"v{n % 20_000}" for n in range(start, start + 1000))
    assert not close.exact and len(close.kept) <= 1000
    assert abs(close.unique(50_000) - 20_000) < 4_000
    unique = Distinct(room=100)
    unique.add(range(5000))
    assert (unique.unique(5000), unique.repeats) == (5000, 0)


def test_the_sample_tickets_hold_what_the_journey_shows():
    looked_at = []

    def find(texts):
        looked_at.extend(texts)
        return {"EMAIL_ADDRESS": sum("@example" in text for _, text in texts), "IP_ADDRESS": 0}

    result = inspect_file(SAMPLES / "tickets.csv", find_pii=find)
    assert result["rows"] == 365 and result["duplicates"] == 7
    assert (result["task"], result["text_column"], result["label_column"]) == (
        "text-classification",
        "text",
        "category",
    )
    assert len(result["labels"]) == 7 and min(result["labels"].values()) >= 40
    assert result["pii"]["EMAIL_ADDRESS"] == 4 and "IP_ADDRESS" not in result["pii"]
    assert len(looked_at) <= 500
    assert any("EMAIL_ADDRESS (4)" in warning for warning in result["warnings"])
    assert len(list((SAMPLES / "help-centre").glob("*.md"))) == 12


def test_conflicting_labels_and_spellings_are_said(tmp_path):
    path = tmp_path / "data.csv"
    lines = [f"{TEXT.replace(',', '')} {n},{['Refund', 'refund', 'other'][n % 3]}" for n in range(90)]
    path.write_text("\n".join(["text,label", *lines, lines[0].replace("Refund", "other")]))
    said = "\n".join(inspect_file(path)["warnings"])
    assert "1 text comes again with another label" in said
    assert "Refund / refund" in said


MEASURE = """
import resource, sys
from pathlib import Path
from tools.data.inspect import inspect_file
result = inspect_file(Path(sys.argv[1]))
assert result["rows"] == int(sys.argv[2]) and len(result["labels"]) == 20, result["rows"]
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_memory_does_not_grow_with_the_file(tmp_path):
    """A 5 MB and a 30 MB file need about the same memory (every text differs, the worst case)."""
    peaks = []
    for count in (40_000, 240_000):
        path = tmp_path / f"{count}.csv"
        with path.open("w") as file:
            file.write("text,label\n")
            file.writelines(
                f"{TEXT.replace(',', '')} {n} {'and so on ' * 7},label {n % 20}\n" for n in range(count)
            )
        run = [sys.executable, "-c", MEASURE, str(path), str(count)]
        peaks.append(int(subprocess.run(run, capture_output=True, text=True, check=True).stdout))
    assert peaks[1] - peaks[0] < 120


CLASSES, DUPLICATE = ["a", "b"] * 20, ["1", "0"] * 20
CHAT = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
MARKED = [{"start": 0, "end": 3, "label": "X"}]
BIO, POS = ["O", "B-PER"], ["NN", "NNP"]


@pytest.mark.parametrize(
    ("table", "stated", "expected"),
    [
        # pairs with a verdict beside them
        (rows(question1=TEXTS, question2=TEXTS, is_duplicate=DUPLICATE), {"task": "embedding"}, ("embedding", "question1", "question2")),
        (rows(premise=TEXTS, hypothesis=TEXTS, label=DUPLICATE), {}, ("embedding", "premise", "hypothesis")),
        (rows(mine=TEXTS, yours=TEXTS, score=DUPLICATE), {"task": "embedding"}, ("embedding", "mine", "yours")),
        (rows(mine=TEXTS, b=TEXTS, c=TEXTS, score=DUPLICATE), {"task": "embedding", "text_column": "mine"}, ("embedding", "mine", None)),
        (rows(text=TEXTS, source=CLASSES, target=CLASSES), {}, ("text-classification", "text", "target")),
        (rows(body=TEXTS, queue=CLASSES), {"task": "embedding"}, ("embedding", "body", "queue")),
        (rows(subject=TEXTS, body=TEXTS, label=CLASSES), {"task": "embedding"}, ("embedding", "body", "label")),
        # a column that is stated does not hide the task
        (rows(messages=[CHAT] * 4, x=["a"] * 4), {"text_column": "messages"}, ("text-generation", "messages", None)),
        (rows(tokens=[["a", "b"]] * 4, tags=[BIO] * 4), {"text_column": "tokens"}, ("token-classification", "tokens", "tags")),
        (rows(tokens=[["a", "b"]] * 4, tags=[BIO] * 4), {"label_column": "tags"}, ("token-classification", "tokens", "tags")),
        (rows(text=TEXTS[:4], spans=[MARKED] * 4), {"text_column": "text"}, ("token-classification", "text", "spans")),
        (rows(text=TEXTS[:4], spans=[MARKED] * 4), {"text_column": "text", "label_column": "spans"}, ("token-classification", "text", "spans")),
        (rows(prompt=TEXTS, completion=TEXTS, topic=CLASSES), {"label_column": "topic"}, ("text-classification", "prompt", "topic")),
        # replies are free text
        (rows(q=TEXTS, a=TEXTS, score=DUPLICATE), {"task": "text-generation"}, ("text-generation", "q", "a")),
        (rows(q=TEXTS, a=TEXTS, score=DUPLICATE), {"task": "text-generation", "text_column": "a"}, ("text-generation", "a", "q")),
        (rows(text=TEXTS, says=CLASSES), {"task": "text-generation"}, ("text-generation", "text", "says")),
        (rows(text=TEXTS, queue=CLASSES, says=CLASSES), {"task": "text-generation"}, ("text-generation", "text", None)),
        (rows(x=TEXTS, y=TEXTS, z=TEXTS), {"task": "text-generation", "text_column": "x"}, ("text-generation", "x", None)),
        # of several columns of tags the one of entities
        (rows(tokens=[["a", "b"]] * 4, pos_tags=[POS] * 4, ner_tags=[BIO] * 4), {}, ("token-classification", "tokens", "ner_tags")),
        (rows(tokens=[["a", "b"]] * 4, pos_tags=[[1, 2]] * 4, chunk_tags=[[1, 2]] * 4, ner_tags=[[0, 1]] * 4), {}, ("token-classification", "tokens", "ner_tags")),
        (rows(tokens=[["a", "b"]] * 4, upos=[POS] * 4), {}, ("token-classification", "tokens", "upos")),
        # lists in the cells of a CSV, as JSON, as Python and as numpy write them
        (rows(text=["['a', 'b']"] * 4, label=["['B-PER', 'O']"] * 4), {}, ("token-classification", "text", "label")),
        (rows(text=['["a", "b"]'] * 4, label=['["B-PER", "O"]'] * 4), {}, ("token-classification", "text", "label")),
        (rows(text=["['a' 'b']"] * 4, label=["['B-PER' 'O']"] * 4), {}, ("token-classification", "text", "label")),
        (rows(chat=[json.dumps(CHAT)] * 4, id=["1"] * 4), {}, ("text-generation", "chat", None)),
        (rows(text=TEXTS[:4], spans=[json.dumps(MARKED)] * 4), {}, ("token-classification", "text", "spans")),
    ],
)  # fmt: skip
def test_stated_columns_and_the_shape_of_the_values_tell_the_task(table, stated, expected):
    guess = guess_columns(table, **stated)
    assert (guess.task, guess.text_column, guess.label_column) == expected


def test_comments_of_conll_files_are_no_tokens(tmp_path):
    wnut = "# id 12  domain=en\nAnn _ _ B-PER\nlives _ _ O\n\n# id 13  domain=en\n# _ _ O\n1 _ _ O\n"
    (tmp_path / "wnut.conll").write_text(wnut)
    (tmp_path / "plain.conll").write_text("# sent_id = 1\nAnn B-PER\n\n# a remark on it\n# O\nBob B-PER\n")
    assert read_table(tmp_path / "wnut.conll")["tokens"].tolist() == [["Ann", "lives"], ["#", "1"]]
    assert read_table(tmp_path / "plain.conll")["tokens"].tolist() == [["Ann"], ["#", "Bob"]]
