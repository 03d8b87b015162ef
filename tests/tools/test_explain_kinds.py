"""Explanations of other things than a text's label: entities, pictures, likeness, answers."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest

from tests.tools.randomised import check_weights_matter
from tests.tools.tiny_models import sentences, task_data
from tools.errors import BadArgument, BadData, NotFound
from tools.explain.explain import explain, page_html
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec
from tools.serving.predictor import Predictor, load
from tools.serving.split import verdicts

METHODS = ("integrated-gradients", "occlusion")
pytestmark = pytest.mark.usefixtures("one_thread")


def _trained(task: str, folder: Path, epochs: int) -> Predictor:
    base, data = task_data(task, folder)
    spec = FinetuneSpec(data, "mine", str(base), base, task, "full", epochs=epochs, learning_rate=5e-3)
    train(spec, folder / "models" / "mine", folder / "work", lambda _: None)
    return load(folder / "models" / "mine", "cpu")


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return _trained("token-classification", tmp_path_factory.mktemp("tagger"), 6)


SENTENCE = "please help Anna today"


@pytest.mark.parametrize("method", METHODS)
def test_an_entity_is_explained_by_its_word(tagger: Predictor, method: str) -> None:
    found = explain(tagger, SENTENCE, method)
    assert found["target"]["text"] == "Anna" and found["target"]["entity"] == "PER"
    assert all(SENTENCE[t["start"] : t["end"]] == t["text"] for t in found["tokens"])
    assert max(found["tokens"], key=lambda t: t["attribution"])["text"] == "Anna"
    assert found["faithfulness"]["comprehensiveness"] > found["faithfulness"]["random_comprehensiveness"]
    assert (found["convergence_delta"] is None) == (method == "occlusion")
    assert "Why PER?" in page_html(found)


def test_verdicts_of_a_tagger_tell_the_kinds_apart(tagger: Predictor) -> None:
    found = tagger.predict([SENTENCE])[0]
    [verdict] = verdicts([found])
    assert {kind for _, _, kind in verdict.said} == {"PER"}


def test_entities_are_named_or_missed(tagger: Predictor) -> None:
    both = "Anna can help Bob"
    assert explain(tagger, both, target="bob")["target"]["start"] == both.index("Bob")
    assert explain(tagger, both, target="PER")["target"]["text"] == "Anna"
    with pytest.raises(BadArgument, match="for text-classification"):
        explain(tagger, both, "combined")
    with pytest.raises(NotFound, match="finds Anna"):
        explain(tagger, both, target="London")
    nothing = explain(tagger, "the card is late")
    assert nothing["target"] is None and "no entity" in nothing["notes"][0]
    assert nothing["faithfulness"]["comprehensiveness"] == 0.0 and "Check:" not in page_html(nothing)


def test_one_word_is_noted_where_entities_are_found(tagger: Predictor) -> None:
    assert "one word" in explain(tagger, "Anna", target="PER")["notes"][0]
    assert not explain(tagger, SENTENCE)["notes"]


def test_an_entity_in_a_long_text_is_explained_in_its_piece(tagger: Predictor) -> None:
    text = "the card is late " * 30 + "please help Anna today"
    found = explain(tagger, text)
    assert "read in pieces" in found["notes"][-1]
    assert max(found["tokens"], key=lambda t: t["attribution"])["text"] == "Anna"
    assert found["tokens"][0]["attribution"] == 0.0
    assert all(text[t["start"] : t["end"]] == t["text"] for t in found["tokens"])


@pytest.mark.parametrize("method", METHODS)
def test_why_an_entity_depends_on_the_weights(tagger: Predictor, method: str) -> None:
    from tools.explain.tagging import _explained, _span

    texts = [f"{text} help {name}" for text, _ in sentences(6) for name in ("Anna", "Bob")]
    spans = [_span(tagger.model, text, tagger.model.predict([text])[0]["entities"][0]) for text in texts]

    def attributions() -> list[list[float]]:
        found = (_explained(tagger.model, *each, method) for each in zip(texts, spans, strict=True))
        return [[t["attribution"] for t in each["tokens"]] for each in found]

    check_weights_matter(tagger.model.model, attributions, seeds=8)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Predictor, Path]:
    folder = tmp_path_factory.mktemp("pictures")
    predictor = _trained("image-classification", folder, 12)
    with zipfile.ZipFile(folder / "data.zip") as archive:
        archive.extractall(folder)
    return predictor, folder


@pytest.mark.parametrize("method", [None, *METHODS])
def test_a_picture_has_a_heat_map(pictures: tuple[Predictor, Path], method: str | None) -> None:
    predictor, folder = pictures
    found = explain(predictor, str(folder / "one" / "1.png"), method)
    assert found["method"] == (method or "occlusion")
    assert len(found["patches"]) == 64 and found["image"] == {"width": 8, "height": 8}
    assert found["patches"][9]["box"] == [1, 1, 2, 2]
    assert found["faithfulness"]["comprehensiveness"] > found["faithfulness"]["random_comprehensiveness"]
    page = page_html(found)
    assert "data:image/png;base64," in page and 'alt="Heat map of the label' in page


def test_why_a_picture_depends_on_the_weights(pictures: tuple[Predictor, Path]) -> None:
    predictor, folder = pictures

    def attributions() -> list[list[float]]:
        found = (
            explain(predictor, str(folder / label / f"{number}.png"), "integrated-gradients", target=label)
            for label in ("zero", "one")
            for number in range(4)
        )
        return [[p["attribution"] for p in each["patches"]] for each in found]

    check_weights_matter(predictor.model.model, attributions, seeds=8)


def test_what_looks_at_the_picture_alone_does_not_pass_for_an_explanation(
    pictures: tuple[Predictor, Path],
) -> None:
    from PIL import Image

    files = [pictures[1] / label / "1.png" for label in ("zero", "one")]
    darkness = [255.0 - numpy.asarray(Image.open(file), dtype=float).ravel() for file in files]
    with pytest.raises(AssertionError, match=r"1\.0"):
        check_weights_matter(pictures[0].model.model, lambda: darkness)


@pytest.mark.parametrize("size", [(4, 1000), (1000, 4), (7, 512), (1, 1)])
def test_narrow_pictures_have_heat_maps_too(size: tuple[int, int]) -> None:
    from PIL import Image

    from tools.explain.vision import _heat_map

    values = [(-1.0) ** i for i in range(64)]
    assert _heat_map(Image.new("RGB", size), values, 8).startswith("data:image/png;base64,")


def test_bad_pictures_are_told(pictures: tuple[Predictor, Path]) -> None:
    predictor, folder = pictures
    with pytest.raises(BadData, match=r"no image nothing\.png"):
        explain(predictor, str(folder / "nothing.png"))
    with pytest.raises(BadData, match="cannot be read"):
        explain(predictor, str(folder / "models" / "mine" / "assistant.json"))
    with pytest.raises(
        BadArgument, match="mine is a model for image-classification, which compares no texts"
    ):
        explain(predictor, str(folder / "one" / "1.png"), other="a text")
    with pytest.raises(NotFound, match="knows no label three"):
        explain(predictor, str(folder / "one" / "1.png"), target="three")


@pytest.mark.parametrize(("place", "kind"), [(11, ValueError), (35, SyntaxError)])
def test_a_damaged_picture_is_told_whatever_pillow_makes_of_it(
    pictures: tuple[Predictor, Path], tmp_path: Path, place: int, kind: type[Exception]
) -> None:
    from PIL import Image

    noise = numpy.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=numpy.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    damaged = bytearray((tmp_path / "noise.png").read_bytes())
    damaged[place] = 0  # the length of its first or second chunk
    (tmp_path / "noise.png").write_bytes(damaged)
    with pytest.raises(BadData, match="cannot be read as an image") as told:
        pictures[0].predict([str(tmp_path / "noise.png")])
    assert isinstance(told.value.__cause__, kind)
    with pytest.raises(BadData, match="cannot be read as an image"):
        explain(pictures[0], str(tmp_path / "noise.png"))


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Predictor]:
    from tools.finetune.tasks.embedding import LoadedEmbedding
    from tools.models.embedded import minilm_folder

    info = {"name": "embedder", "task": "embedding"}
    yield Predictor(minilm_folder(), info, LoadedEmbedding(minilm_folder(), "cpu"))


@pytest.mark.parametrize("method", METHODS)
def test_the_words_that_matched_are_named(embedder: Predictor, method: str) -> None:
    query, passage = "how long does shipping take", "Our office is closed. Shipping takes three days."
    found = explain(embedder, query, method, other=passage)
    assert 0 < found["prediction"]["score"] < 1
    best = {max(side["tokens"], key=lambda t: t["attribution"])["text"] for side in (found, found["other"])}
    assert best == {"shipping", "Shipping"}
    assert all(passage[t["start"] : t["end"]] == t["text"] for t in found["other"]["tokens"])
    for side in (found, found["other"]):
        figures = side["faithfulness"]
        assert figures["comprehensiveness"] > figures["random_comprehensiveness"]
    page = page_html(found)
    assert "Second text" in page and page.count("the likeness falls by") == 2
    assert found["steps"] == (20 if method == "integrated-gradients" else None)


def test_what_lies_beyond_the_window_is_compared_part_by_part(embedder: Predictor) -> None:
    query = "how long does shipping take"
    passage = "Our office is closed on Mondays. " * 50 + "Shipping takes three days."
    found = explain(embedder, query, "integrated-gradients", other=passage)
    other, [window] = found["other"], found["other"]["windows"]
    assert "windows" not in found and other["tokens"][-1]["attribution"] == 0.0
    assert "as if each were a text of its own" in other["notes"][-1]
    alone = passage[window["start"] : window["end"]]
    assert passage.endswith(alone) and len(alone) < len(passage) / 2
    first, second = embedder.model.embed([query, alone])
    assert window["prediction"]["score"] == pytest.approx(float(first @ second), abs=1e-4)
    assert window["prediction"]["score"] > found["prediction"]["score"]
    assert max(window["tokens"], key=lambda t: t["attribution"])["text"] == "Shipping"
    assert all(passage[t["start"] : t["end"]] == t["text"] for t in window["tokens"])
    figures = window["faithfulness"]
    assert figures["comprehensiveness"] > figures["random_comprehensiveness"] and window["steps"] == 20
    page = page_html(found)
    assert "Second text: Part 2" in page and page.count("the likeness falls by") == 3


PAIRS = [
    ("how long does shipping take", "Delivery is within three days of your order."),
    ("I want my money back", "Refunds reach your card a week after we approve them."),
    ("my login fails every morning", "Reset the password where you sign in."),
    ("are you open on Sunday", "Our office hours: weekdays from nine until five."),
]


@pytest.mark.parametrize("method", METHODS)
def test_why_two_texts_are_alike_depends_on_the_weights(embedder: Predictor, method: str) -> None:
    def attributions() -> list[list[float]]:
        found = [explain(embedder, query, method, other=passage) for query, passage in PAIRS]
        return [
            [t["attribution"] for t in side["tokens"]] for each in found for side in (each, each["other"])
        ]

    check_weights_matter(embedder.model.encoder.model, attributions)


def test_two_texts_are_needed_to_compare(embedder: Predictor) -> None:
    with pytest.raises(BadArgument, match="there must be two"):
        explain(embedder, "a query")
    with pytest.raises(BadArgument, match="empty"):
        explain(embedder, "a query", other=" ")


def test_likeness_adds_up(embedder: Predictor) -> None:
    found = explain(embedder, "late parcel", other="my parcel is late")
    encoder = embedder.model.encoder
    inputs = encoder.encode(["late parcel"])
    special = numpy.isin(inputs["input_ids"][0].numpy(), encoder.tokenizer.all_special_ids)
    assert special.sum() == 2
    total = sum(t["attribution"] for t in found["tokens"])
    assert abs(total) <= 2 and found["convergence_delta"] < 0.05
