import math
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest

from tests.tools.randomised import check_weights_matter
from tests.tools.trained import ROWS, train_head
from tools.errors import BadArgument, NotFound, Unsupported
from tools.explain.explain import MANY, METHODS, explain, explain_many, fits_together, heatmap_html, page_html
from tools.explain.words import gather, split_words, without
from tools.serving.predictor import Predictor, load

TEXT = "Hello there, my parcel hasn't arrived — could you have a look?"


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return load(train_head(tmp_path_factory.mktemp("models") / "router"), "cpu")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't re-open it!", ["Don't", "re-open", "it", "!"]),
        ("退款 policy在哪里?", ["退", "款", "policy", "在", "哪", "里", "?"]),
        ("a  b\n€9.99", ["a", "b", "€", "9", ".", "99"]),
        ("   ", []),
        ("cafe\u0301 A\u030a", ["cafe\u0301", "A\u030a"]),
        ("👨\u200d👩\u200d👧👍🏽🇩🇪", ["👨\u200d👩\u200d👧", "👍🏽", "🇩🇪"]),
        ("\u3000ＡＢ\u00a0が\r\n𠀀", ["ＡＢ", "が", "𠀀"]),
        ("हिन्दी", ["हिन्दी"]),
    ],
)
def test_words_have_true_places(text: str, words: list[str]) -> None:
    found = split_words(text)
    assert [word.text for word in found] == words
    assert all(text[word.start : word.end] == word.text for word in found)


def test_subwords_are_summed_and_shared_out() -> None:
    words = split_words("unhappy 退款")
    spans = [(0, 0), (0, 2), (2, 7), (8, 10), (0, 0)]
    assert gather(words, spans, [9.0, 1.0, -3.0, 4.0, 9.0]) == [-2.0, 2.0, 2.0]


def test_deleting_words_leaves_single_spaces() -> None:
    text = "please refund my money"
    assert without(text, split_words(text), {1, 2}) == "please money"
    assert without(text, split_words(text), {0, 1, 2, 3}) == ""


@pytest.mark.parametrize("method", METHODS)
def test_the_words_that_matter_are_named(predictor: Predictor, method: str) -> None:
    found = explain(predictor, TEXT, method)
    assert found["method"] == method
    assert found["prediction"]["label"] == predictor.predict([TEXT])[0]["label"] == "shipping"
    assert all(TEXT[t["start"] : t["end"]] == t["text"] for t in found["tokens"])
    assert max(found["tokens"], key=lambda t: t["attribution"])["text"] == "parcel"


@pytest.mark.parametrize("method", METHODS)
def test_explanations_are_truer_than_chance(predictor: Predictor, method: str) -> None:
    texts = [
        f"Hello there, {text} Kind regards, the whole family." for group in ROWS.values() for text in group
    ]
    figures = [explain(predictor, text, method)["faithfulness"] for text in texts[::3]]
    mean = {name: sum(each[name] for each in figures) / len(figures) for name in figures[0]}
    assert mean["comprehensiveness"] > 2 * mean["random_comprehensiveness"]
    assert mean["sufficiency"] < mean["random_sufficiency"] / 2


def test_gradients_of_texts_of_any_length_go_through_the_model_in_bounded_groups() -> None:
    import torch

    from tools.explain.gradients import Row, integrated_gradients

    torch.manual_seed(0)
    layer = torch.nn.Embedding(9, 4)
    seen: list[tuple[int, ...]] = []

    def forward(ids: torch.Tensor, mask: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(ids.shape))
        return (layer(ids) * mask.unsqueeze(-1)).sum((1, 2))

    rows = [Row([1, *[2] * 511], [1, *[0] * 511]), *(Row([1, word], [1, 0]) for word in (3, 4, 5))]
    found = integrated_gradients(forward, layer, rows, 0, "cpu")
    assert max(count * length**2 for count, length in seen) <= 512**2
    assert (60, 2) in seen  # three texts, and 20 points of each
    worth = (layer.weight - layer.weight[0]).sum(-1).tolist()  # what the sum must be shared out as
    for row, (values, delta) in zip(rows, found, strict=True):
        assert values == pytest.approx([0.0, *(worth[i] for i in row.ids[1:])], abs=1e-4)
        assert delta < 1e-2


def test_words_that_only_matter_together_are_found_by_trying() -> None:
    from tools.explain.attribution import Asked, Reading
    from tools.explain.search import sharpened

    class Either:
        """Gives its label as long as the text has "money" or "cash"; "late" alone matters a little."""

        def predict_proba(self, texts: list[str]) -> numpy.ndarray:
            sure = [0.9 if "money" in t or "cash" in t else 0.3 if "late" in t else 0.1 for t in texts]
            return numpy.array([[share, 1 - share] for share in sure])

    text = "so late my money or cash please"
    words = split_words(text)
    asked = Asked(Reading(text, words, [0] * 9, [0] * 9, []), 0, 0.9)
    # "late" comes first, though it does nothing while "money" is there.
    values = [-0.1, 0.9, 0.01, 0.5, -0.2, 0.4, 0.02]
    found = sharpened(Either(), [asked, asked], [values, values], [1000, 0])
    assert sorted(found[0]) == sorted(values) and found[1] == values
    ranked = sorted(range(len(words)), key=lambda i: -found[0][i])
    assert {words[i].text for i in ranked[:2]} == {"money", "cash"}
    assert all((a > 0) == (b > 0) for a, b in zip(found[0], values, strict=True))


def test_the_same_text_is_read_once_and_without_padding() -> None:
    import torch

    from tools.explain.passes import groups, probabilities

    seen: list[torch.Tensor] = []

    def compute(input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        seen.append(attention_mask)
        return torch.stack([input_ids.sum(-1), -input_ids.sum(-1)], -1) / 10

    def tokenizer(texts: list[str], **_: object) -> dict[str, list[list[int]]]:
        return {"input_ids": [[len(word) for word in text.split()] for text in texts]}

    tokenizer.pad_token_id = 0  # type: ignore[attr-defined]
    model = SimpleNamespace(
        compute=compute, tokenizer=tokenizer, labels=["a", "b"], device="cpu", max_length=9
    )
    long = "a bb ccc " * 40
    rows = probabilities(model, ["a bb", long, "a bb", "x yy", long])
    assert rows.shape == (5, 2) and (rows[0] == rows[3]).all() and (rows[1] == rows[4]).all()
    assert rows[0][0] == pytest.approx(1 / (1 + math.exp(-0.6)), abs=1e-5)
    assert [tuple(mask.shape) for mask in seen] == [(1, 120), (1, 2)]
    assert groups([3, 5, 512, 512, 4]) == [[2], [3], [1, 4, 0]]
    # An empty text of a tokenizer without marks of its own is read as padding; nothing is no batch.
    assert probabilities(model, [""]).shape == (1, 2) and seen[-1].tolist() == [[1]]


def test_a_shared_encoder_is_given_no_more_at_once_than_leaves_room_for_others() -> None:
    from tools.explain.passes import probabilities

    sizes: list[int] = []

    def predict_proba(texts: list[str]) -> numpy.ndarray:
        sizes.append(len(texts))
        return numpy.array([[float(text), 0.0] for text in texts])

    numbers = [str(i % 1200) for i in range(1500)]
    rows = probabilities(SimpleNamespace(predict_proba=predict_proba), numbers)
    assert sizes == [512, 512, 176] and rows[:, 0].tolist() == [float(each) for each in numbers]


def test_what_rounds_to_nothing_has_no_sign() -> None:
    from tools.explain.coloured import signed, words_html

    assert [signed(each) for each in (-0.0004, 0.0004, -0.0, -0.0006)] == [
        "0.000",
        "0.000",
        "0.000",
        "-0.001",
    ]
    assert signed(0.5, 2) == "+0.50"
    assert "for: 0.000" in words_html([{"text": "a", "start": 0, "end": 1, "attribution": 0.0001}])


def test_it_is_noted_where_leaving_out_moves_nothing() -> None:
    from tools.explain.attribution import Values
    from tools.explain.classify import reservations

    assert "so sure is the model" in reservations(Values([0.0004, -0.0004]))[0]
    assert reservations(Values([0.0004, -0.0006])) == reservations(Values([0.0004], 0.1, 6)) == []


def test_random_words_are_several_orders_where_the_text_is_short() -> None:
    from tools.explain.faithful import SHARES, faithfulness, perturbations

    sizes = {count: len(perturbations([0.1] * count)) // (2 * len(SHARES)) - 1 for count in (1, 15, 30, 500)}
    assert sizes == {1: 4, 15: 4, 30: 2, 500: 1}
    left = [0.0] * 10 + [0.5] * 10 + [1.0] * 10  # the explanation's own, and two random orders
    assert faithfulness(1.0, left)["random_comprehensiveness"] == 0.25


def test_an_integral_that_does_not_add_up_is_told() -> None:
    from tools.explain.attribution import Values
    from tools.explain.classify import integral, reservations

    assert integral(Values([], 0.71234567, 6)) == {"convergence_delta": 0.712346, "steps": 6}
    assert "6 steps are 0.71 off" in reservations(Values([], 0.71234567, 6))[0]
    assert reservations(Values([], 0.1, 6)) == reservations(Values([])) == []


def test_attributions_add_up_to_the_change_of_the_log_probability(predictor: Predictor) -> None:
    import torch

    found = explain(predictor, TEXT, "integrated-gradients")
    model = predictor.model
    inputs = model.encode([TEXT])
    target = model.labels.index(found["prediction"]["label"])
    with torch.no_grad():
        ids = torch.cat([inputs["input_ids"], model.baseline(inputs)])
        logs = model.module(ids, torch.ones_like(ids)).log_softmax(-1)[:, target]
    total = sum(t["attribution"] for t in found["tokens"])
    assert total == pytest.approx(float(logs[0] - logs[1]), abs=found["convergence_delta"] + 1e-3)
    assert found["convergence_delta"] < 0.1


def test_explanations_depend_on_the_weights(predictor: Predictor) -> None:
    texts = [TEXT, *(group[0] for group in ROWS.values())]
    labels = [each["label"] for each in predictor.predict(texts)]

    def attributions() -> list[list[float]]:
        found = [explain(predictor, text, target=label) for text, label in zip(texts, labels, strict=True)]
        return [[t["attribution"] for t in each["tokens"]] for each in found]

    check_weights_matter(predictor.model.module, attributions)


def test_text_beyond_the_window_has_no_influence_and_that_is_said(predictor: Predictor) -> None:
    text = "My parcel is late. " * 20 + "I forgot my password and cannot log in. " * 5
    found = explain(predictor, text)
    read = [t for t in found["tokens"] if t["attribution"] != 0]
    assert max(t["end"] for t in read) < len(text) / 2
    assert found["tokens"][-1] == {
        "text": ".",
        "start": len(text) - 2,
        "end": len(text) - 1,
        "attribution": 0.0,
    }
    assert "64 tokens" in found["notes"][0]
    assert all(text[t["start"] : t["end"]] == t["text"] for w in found["windows"] for t in w["tokens"])
    for window in found["windows"]:
        figures = window["faithfulness"]
        assert figures["comprehensiveness"] > figures["random_comprehensiveness"]
        assert window["convergence_delta"] >= 0 and window["steps"] > 0
    page = page_html(found)
    assert "Part 2" in page and page.count("Check:") == 1 + len(found["windows"])


def test_a_word_that_the_window_cuts_is_whole_here_and_in_the_next_part(predictor: Predictor) -> None:
    text = "parcel " * 61 + "unmistakably-late-parcel and a password"  # 64 tokens end within the long word
    found = explain(predictor, text)
    assert [t["text"] for t in found["tokens"]] == [w.text for w in split_words(text)]
    assert all(text[t["start"] : t["end"]] == t["text"] for t in found["tokens"])
    [window] = found["windows"]
    assert text[window["start"] :].startswith("unmistakably-late-parcel")
    assert [t["text"] for t in window["tokens"]] == ["unmistakably-late-parcel", "and", "a", "password"]
    assert explain(predictor, "parcel-" * 200)["windows"][0]["start"] > 0  # one word longer than the window
    shown = heatmap_html(found)
    parts = re.findall(
        r'<p style="line-height.*?</p>', shown
    )  # without the caption, which may name the word, too
    assert "Part 2" in shown and [part.count("unmistakably-late-parcel") for part in parts] == [1, 1]


@pytest.mark.parametrize("text", ["x", "🙂", "\x01", "退款"])
def test_tiny_texts_are_explained(predictor: Predictor, text: str) -> None:
    found = explain(predictor, text)
    assert "".join(t["text"] for t in found["tokens"]) == text
    assert ("Check:" in heatmap_html(found)) == (
        len(found["tokens"]) > 1
    )  # one word is held against no other


def test_bad_calls_are_explained(predictor: Predictor, tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="empty"):
        explain(predictor, " \n")
    with pytest.raises(BadArgument, match="Did you mean occlusion"):
        explain(predictor, "text", "oclusion")
    writer = Predictor(tmp_path, {"name": "w", "task": "text-generation"}, predictor.model)
    with pytest.raises(Unsupported, match="answers are not explained"):
        explain(writer, "text")
    embedder = Predictor(tmp_path, {"name": "e", "task": "embedding"}, predictor.model)
    with pytest.raises(BadArgument, match="there must be two"):
        explain(embedder, "text")
    with pytest.raises(NotFound, match="Did you mean refund"):
        explain(predictor, "text", target="refnd")
    with pytest.raises(BadArgument, match="compares no texts"):
        explain(predictor, "text", other="another")
    with pytest.raises(BadArgument, match="without counterfactual"):
        fits_together(1, versus="other", counterfactual=True)
    with pytest.raises(BadArgument, match="other takes one text"):
        fits_together(2, other="text", target="refund")
    with pytest.raises(BadArgument, match="as a whole is explained without target"):
        fits_together(0, target="refund")
    fits_together(1, versus="other", target="refund")
    with pytest.raises(BadArgument, match="no text"):
        explain_many(predictor, [])


def test_another_label_can_be_asked_about(predictor: Predictor) -> None:
    text = "The parcel is late, I want my money back"
    found = explain(predictor, text, target="refund")
    assert found["target"] == "refund"
    best = max(found["tokens"], key=lambda t: t["attribution"])["text"]
    assert best in ("money", "back")
    other = explain(predictor, text, target="shipping")
    assert max(other["tokens"], key=lambda t: t["attribution"])["text"] in ("parcel", "late")
    assert "Explained is" in heatmap_html(other if other["prediction"]["label"] == "refund" else found)


@pytest.mark.parametrize("method", METHODS)
def test_many_texts_are_explained_as_each_alone(predictor: Predictor, method: str) -> None:
    texts = ["Where is my parcel?", "refund", TEXT, "I cannot log in, my password does not work at all today"]
    together = explain_many(predictor, texts, method)
    for text, found in zip(texts, together, strict=True):
        alone = explain(predictor, text, method)
        assert [t["text"] for t in found["tokens"]] == [t["text"] for t in alone["tokens"]]
        assert [t["attribution"] for t in found["tokens"]] == pytest.approx(
            [t["attribution"] for t in alone["tokens"]], abs=0.02
        )
        assert found["faithfulness"]["comprehensiveness"] == pytest.approx(
            alone["faithfulness"]["comprehensiveness"], abs=0.02
        )


def test_less_is_read_for_each_of_many_texts(predictor: Predictor) -> None:
    texts = [f"{TEXT} {number}" for number in range(MANY)]
    with counted(predictor.model) as few:
        alone = explain_many(predictor, texts[:-1])
    with counted(predictor.model) as many:
        together = explain_many(predictor, texts)
    assert sum(many) / len(texts) < 0.6 * sum(few) / (len(texts) - 1)
    assert {found["steps"] for found in together} == {5} and alone[0]["steps"] > 5
    strongest = [max(found["tokens"], key=lambda t: t["attribution"])["text"] for found in together]
    assert strongest[:-1] == [max(f["tokens"], key=lambda t: t["attribution"])["text"] for f in alone]


@contextmanager
def counted(model: Any) -> Iterator[list[int]]:
    """How many tokens each pass of a model reads."""
    compute, read = model.compute, []

    def counting(**inputs: Any) -> Any:
        read.append(inputs["input_ids"].numel())
        return compute(**inputs)

    model.compute = counting
    try:
        yield read
    finally:
        model.compute = compute


def test_a_changed_text_is_read_once_for_an_explanation() -> None:
    from tools.explain.passes import probabilities, remembering

    asked: list[str] = []

    def predict_proba(texts: list[str]) -> numpy.ndarray:
        asked.extend(texts)
        return numpy.array([[float(text), 0.0] for text in texts])

    model = SimpleNamespace(predict_proba=predict_proba)
    with remembering():
        assert probabilities(model, ["1", "2", "1"])[:, 0].tolist() == [1, 2, 1]
        assert probabilities(model, ["2", "3"])[:, 0].tolist() == [2, 3]
        assert probabilities(model, ["3", "2"])[:, 0].tolist() == [3, 2]
    assert asked == ["1", "2", "3"]
    probabilities(model, ["1"])
    assert asked == ["1", "2", "3", "1"]


class _Checker(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("br", "meta"):
            self.open.append(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_safe_and_readable_without_colour(predictor: Predictor) -> None:
    found = explain(predictor, "<script>alert(1)</script> my parcel & package")
    page = page_html(found)
    checker = _Checker()
    checker.feed(page)
    assert checker.open == []
    assert "script" not in checker.tags
    assert "border-bottom" in heatmap_html(found)
    assert "Words for it: " in page


def test_a_long_explanation_lends_the_model_to_those_who_wait(predictor: Predictor) -> None:
    long = " ".join(f"Where is parcel {number} that I ordered?" for number in range(120))
    with ThreadPoolExecutor(1) as pool:
        explained = pool.submit(explain_many, predictor, [long] * 2)
        while not predictor.lock.locked():
            time.sleep(0.001)
        had = 0
        while not explained.done():
            with predictor.lock:
                had += 1
        assert len(explained.result()[0]["windows"]) == 4
    assert had >= 5  # of the many passes that it takes
