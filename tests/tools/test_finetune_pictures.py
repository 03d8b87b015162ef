"""Pictures that cannot be read, and how many are held in memory at once."""

import io
import zipfile

import pytest

from tests.tools.tiny_models import digits, tiny_vit
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec
from tools.finetune.tasks.image_classification import _content

pytestmark = pytest.mark.usefixtures("one_thread")


def _photo(kind: str, size: tuple[int, int] = (300, 200)) -> bytes:
    from PIL import Image

    raw = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(raw, kind)
    return raw.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "BMP", "PNG"])
def test_a_picture_that_breaks_off_is_none(kind, tmp_path):
    photo = _photo(kind)
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("a/whole.jpg", photo)
        archive.writestr("a/half.jpg", photo[: len(photo) // 2])
    assert _content(tmp_path / "p.zip", "a/whole.jpg")
    assert _content(tmp_path / "p.zip", "a/half.jpg") is None


def test_a_picture_with_more_pixels_than_are_taken_is_none(tmp_path, monkeypatch):
    from tools.finetune.tasks import image_classification

    monkeypatch.setattr(image_classification, "LARGEST", 300 * 200 - 1)
    (tmp_path / "large.png").write_bytes(_photo("PNG"))
    (tmp_path / "small.png").write_bytes(_photo("PNG", (30, 20)))
    assert _content(tmp_path, "large.png") is None
    assert _content(tmp_path, "small.png")


def test_a_training_leaves_out_what_cannot_be_opened_and_counts_it(tmp_path, monkeypatch):
    from tools.finetune.tasks import image_classification

    monkeypatch.setattr(image_classification, "LOOKED_AT", 1)  # a whole one
    data, half = digits(tmp_path / "data.zip"), _photo("JPEG")
    with zipfile.ZipFile(data, "a") as archive:
        for number in range(3):
            archive.writestr(f"zero/half-{number}.jpg", half[: len(half) // 2])
    base = tiny_vit(tmp_path / "base")
    spec = FinetuneSpec(data, "m", str(base), base, "image-classification", "full", epochs=1)
    result = train(spec, tmp_path / "m", tmp_path / "work", lambda _: None)
    (said,) = [each for each in result["warnings"] if "cannot be opened" in each]
    assert said.startswith("3 of 27 images") and "half-" in said


def test_pictures_are_decoded_batch_by_batch(tmp_path):
    from tools.finetune.vision import ImageClassifier

    base = tiny_vit(tmp_path / "base")
    classifier = ImageClassifier(base, ["a", "b"], "cpu")
    decoded, seen = [], []
    pixels, model = classifier.pixels, classifier.model

    def counted(data, name):
        decoded.append(name)
        return pixels(data, name)

    def looked(**inputs):
        seen.append((len(inputs["pixel_values"]), len(decoded)))
        return model(**inputs)

    classifier.pixels, classifier.model = counted, looked
    (tmp_path / "one.png").write_bytes(_photo("PNG", (8, 8)))
    found = classifier.probabilities([(str(tmp_path), "one.png")] * 70)
    assert found.shape == (70, 2)
    assert seen == [(32, 32), (32, 64), (6, 70)]
