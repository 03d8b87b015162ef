"""How an image classifier is trained and used. Imported only with torch."""

import io
import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy
import torch
from transformers import AutoConfig, AutoModelForImageClassification, set_seed

from knowledge.loading import loaded
from tools.errors import BadData
from tools.finetune import baselines, methods
from tools.finetune.classification import accuracy
from tools.finetune.classifier import scored
from tools.finetune.encoder import autocast
from tools.finetune.examples import Parts
from tools.finetune.fit import Material, fit, steps_of
from tools.finetune.machine import best_device
from tools.finetune.metrics import classifier_evaluation
from tools.finetune.task import Outcome, Run
from tools.finetune.tasks.image_classification import LARGEST, UNREADABLE, Picture
from tools.finetune.weighted import by_labels

TOGETHER = 32  # pictures in memory while classifying
BICUBIC = 3  # as Pillow and transformers number the ways to resize


class Pixels:
    """Image bytes to what the model sees: size, channels and normalization of its ``preprocessor_config.json``."""

    def __init__(self, folder: Path | str):
        config = AutoConfig.from_pretrained(str(folder))
        file = Path(folder) / "preprocessor_config.json"
        self.settings: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        self.channels = getattr(config, "num_channels", 3)
        size = getattr(config, "image_size", None) or _edge(self.settings.get("size")) or 224
        self.size = size if isinstance(size, int) else size[0]
        self.resample = self.settings.get("resample", BICUBIC)
        self.mean = self.settings.get("image_mean") or [0.5] * self.channels
        self.deviation = self.settings.get("image_std") or [0.5] * self.channels

    def __call__(self, data: bytes, name: str) -> torch.Tensor:
        """Float [channels, size, size].

        Raises:
            BadData: it is no image, or too large a one.
        """
        from PIL import Image

        try:
            image = Image.open(io.BytesIO(data))
            if image.width * image.height > LARGEST:
                raise BadData(
                    f"{name} has more than {LARGEST // 1_000_000} million pixels.", "Make it smaller."
                )
            shown = image.convert("L" if self.channels == 1 else "RGB").resize(
                (self.size, self.size), self.resample
            )
        except (Image.DecompressionBombError, *UNREADABLE) as error:
            raise BadData(
                f"{name} cannot be read as an image.", "Remove it, or save it as PNG or JPEG."
            ) from error
        values = numpy.asarray(shown, dtype=numpy.float32).reshape(self.size, self.size, self.channels) / 255
        values = (values - numpy.asarray(self.mean)) / numpy.asarray(self.deviation)
        return torch.from_numpy(values.transpose(2, 0, 1).astype(numpy.float32))

    def save(self, folder: Path) -> None:
        """Write ``preprocessor_config.json``, by which other programs see the same: a base's own may crop."""
        whole = {
            "image_processor_type": "ViTImageProcessor",
            "do_resize": True,
            "size": {"height": self.size, "width": self.size},
            "resample": self.resample,
            "do_rescale": True,
            "rescale_factor": 1 / 255,
            "do_normalize": True,
            "do_convert_rgb": self.channels == 3,
            "image_mean": self.mean,
            "image_std": self.deviation,
        }
        (folder / "preprocessor_config.json").write_text(json.dumps(whole, indent=2))


def _edge(size: Any) -> int | None:
    return (size.get("height") or size.get("shortest_edge")) if isinstance(size, dict) else size


class _Pictures(Sequence[dict[str, Any]]):
    """Pictures, decoded when they are asked for, so that memory stays flat."""

    def __init__(self, rows: list[Picture], pixels: Pixels, labels: list[str]):
        self.rows, self.pixels = rows, pixels
        self.numbers = {label: number for number, label in enumerate(labels)}

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: Any) -> Any:
        from tools.data.read import read_image

        path, name, label = self.rows[place]
        return {
            "pixel_values": self.pixels(read_image(Path(path), name), name),
            "labels": self.numbers[label],
        }


def _collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    return {
        "pixel_values": torch.stack([row["pixel_values"] for row in rows]),
        "labels": torch.tensor([row["labels"] for row in rows]),
    }


def train(run: Run, parts: Parts[Picture]) -> Outcome:
    """One whole run of image classification."""
    set_seed(run.spec.seed)
    labels = sorted({label for _, _, label in parts.train})
    model: Any = loaded(
        AutoModelForImageClassification,
        str(run.base),
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
        ignore_mismatched_sizes=True,
        use_safetensors=True,
        dtype="float32",
    )
    method, pixels = run.plan["method"], Pixels(run.base)
    model = methods.wrap(model, method, None, steps_of(run.plan, len(parts.train)), ("classifier",))
    trained = methods.trainable(model)
    given = [labels.index(row[2]) for row in parts.train] if run.plan.get("weighted") else []
    trainer, measure = by_labels(given, len(labels), accuracy)
    material = Material(
        model=model,
        train=_Pictures(parts.train, pixels, labels),
        validation=_Pictures([row for row in parts.validation if row[2] in labels], pixels, labels),
        collate=_collate,
        measure=measure,
        group_by_length=False,
        after_step=methods.after_step(model, method),
        trainer=trainer,
    )
    curve = fit(run, material)
    methods.merge(model, method, run.staging).save_pretrained(run.staging, safe_serialization=True)
    pixels.save(run.staging)
    run.report.tell("Measuring on the held-out images")
    saved = ImageClassifier(run.staging, labels, best_device())
    truth = [label for _, _, label in parts.test]
    told = partial(run.report.beat, "Measuring on the held-out images")
    probabilities = saved.probabilities([(path, name) for path, name, _ in parts.test], told)
    names = [name for _, name, _ in parts.test]
    metrics, evaluation = classifier_evaluation(names, truth, probabilities, labels)
    baseline = {"majority": baselines.majority([label for _, _, label in parts.train], truth)}
    return Outcome(metrics, baseline, trained, {"labels": labels}, evaluation | {"curve": curve})


class ImageClassifier:
    """A trained image classifier in memory."""

    task = "image-classification"

    def __init__(self, folder: Path, labels: list[str], device: str):
        self.labels, self.device, self.pixels = labels, device, Pixels(folder)
        model: Any = loaded(AutoModelForImageClassification, folder, use_safetensors=True)
        self.model = model.to(device, torch.float32).eval()

    def probabilities(
        self, images: list[tuple[str, str]], told: Callable[[], None] | None = None
    ) -> numpy.ndarray:
        """Probabilities, float32 [n, classes].

        Args:
            images: file or folder, and the image inside it.
            told: called after each batch.
        """
        from tools.data.read import read_image

        return self._classify(
            (self.pixels(read_image(Path(path), name), name) for path, name in images), told
        )

    def _classify(
        self, images: Iterable[torch.Tensor], told: Callable[[], None] | None = None
    ) -> numpy.ndarray:
        """The same of pixels, which are asked for batch by batch: all at once may fill the memory."""
        rows = [numpy.zeros((0, len(self.labels)), dtype=numpy.float32)]
        waiting = iter(images)
        while some := list(islice(waiting, TOGETHER)):
            with torch.inference_mode(), autocast(self.device):
                logits = self.model(pixel_values=torch.stack(some).to(self.device)).logits
            rows.append(logits.float().softmax(-1).cpu().numpy())
            if told:
                told()
        return numpy.concatenate(rows)

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """Label and scores of image files.

        Args:
            texts: paths of image files.
        """
        files = [Path(text) for text in texts]
        for path in files:
            if not path.is_file():
                raise BadData(f"There is no image {path.name}.", "Give the path of an image file.")
        pixels = (self.pixels(path.read_bytes(), path.name) for path in files)
        return [scored(self.labels, row) for row in self._classify(pixels)]
