"""A trained model as an ONNX file, which ONNX Runtime runs without torch, and the proof that it is the same model.

torch has two exporters. The newer one (``torch.export``) follows batch and length as symbols, the older one the numbers
of an example. Measured on eleven kinds of text models, in batches padded otherwise than the example, probabilities of
the newer differ by at most 2e-7 from torch's, those of the older by up to 6e-3. Imported only with torch.
"""

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tools.errors import Unsupported, WorkFailed
from tools.finetune.classifier import Logits
from tools.finetune.onnx_card import running
from tools.finetune.pooling import MEAN, pool
from tools.finetune.task import find_task
from tools.models.card import read_info
from tools.models.export import INPUT_FILES, copy_files, write_running_card

FILE = "model.onnx"
LIMIT = 1e-3  # by which no probability may differ
ONE_FILE = 1_500_000_000  # bytes of weights; an ONNX file ends at 2 GB, and larger ones keep theirs beside it
BATCH, LENGTH = {0: "batch"}, {0: "batch", 1: "sequence"}
TEXTS = (
    "Where is my parcel?",
    "I was charged twice for the same order, and nobody has answered my two letters about it.",
    "no",
    "¿Dónde está mi pedido? 我的包裹在哪里？",
    "please help me with the card " * 100,  # longer than what is read
)
Batch = tuple[torch.Tensor, ...]
Likely = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Graph:
    """What is exported, and what tells whether the export is the same.

    Attributes:
        module: gives one tensor for the inputs.
        inputs: their names.
        output: its name.
        axes: which axes of the inputs may have any length, by number.
        batches: inputs to compare on; the first is the exporter's example.
        likely: what the output means: probabilities of logits, or itself.
    """

    module: torch.nn.Module
    inputs: tuple[str, ...]
    output: str
    axes: dict[int, str]
    batches: list[Batch]
    likely: Likely


class Vectors(torch.nn.Module):
    """An encoder that returns the unit vector of each text, as an ONNX graph holds it."""

    def __init__(self, encoder: Any, pooling: str = MEAN):
        super().__init__()
        self.encoder, self.pooling = encoder, pooling

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Unit vectors, float [n, width]."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return pool(hidden.float(), attention_mask, self.pooling)


class PixelLogits(torch.nn.Module):
    """An image classifier that returns its logits alone."""

    def __init__(self, model: Any):
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Logits, float [n, classes]."""
        return self.model(pixel_values=pixel_values).logits.float()


def to_onnx(source: Path, made: Path) -> dict[str, Any]:
    """Write a model as ``model.onnx`` with tokenizer, configuration, labels, and a card that tells how to run it.

    Args:
        source: the model's folder.
        made: the folder to fill.

    Returns:
        ``check``: ``runtime``, ``examples``, ``largest_difference`` of a probability (of a vector's number for
        embedding) and ``limit``; None where ONNX Runtime is not installed, and then ``note`` says so.

    Raises:
        Unsupported: another task, or torch cannot export such a model.
        WorkFailed: the exported model does not say the same as the trained one.
    """
    info = read_info(source)
    if info["task"] not in MAKERS:
        raise Unsupported(
            f"{info['name']} does {info['task']}, for which there is no ONNX export.",
            f"Use --format {'gguf or folder' if info['task'] == 'text-generation' else 'folder'}.",
            param="format",
        )
    loaded = find_task(info["task"]).load(source, "cpu")
    graph = MAKERS[info["task"]](loaded, info)
    _write(graph, made / FILE)
    copy_files(source, made, INPUT_FILES)
    _write_config(source, made, info.get("labels"))
    write_running_card(source, made, running(info, loaded))
    return check(made / FILE, graph)


def _classifier(loaded: Any, info: dict[str, Any]) -> Graph:
    """Several labels a text have a threshold, and each its own probability."""
    likely: Likely = torch.sigmoid if info.get("threshold") is not None else _softmax
    return _of_texts(loaded.module, "logits", loaded.tokenizer, loaded, likely)


def _tagger(loaded: Any, _: dict[str, Any]) -> Graph:
    return _of_texts(Logits(loaded.model).eval(), "logits", loaded.tokenizer, loaded, _softmax)


def _embedder(loaded: Any, _: dict[str, Any]) -> Graph:
    encoder = loaded.encoder
    module = Vectors(encoder.model, encoder.pooling).eval()
    return _of_texts(module, "sentence_embedding", encoder.tokenizer, encoder, lambda vectors: vectors)


def _pictures(loaded: Any, _: dict[str, Any]) -> Graph:
    dice = torch.Generator().manual_seed(0)
    shape = loaded.pixels.channels, loaded.pixels.size, loaded.pixels.size
    batches: list[Batch] = [(torch.randn(rows, *shape, generator=dice),) for rows in (2, 1, 3)]
    module = PixelLogits(loaded.model).eval()
    return Graph(module, ("pixel_values",), "logits", BATCH, batches, _softmax)


MAKERS: dict[str, Callable[[Any, dict[str, Any]], Graph]] = {
    "embedding": _embedder,
    "image-classification": _pictures,
    "text-classification": _classifier,
    "token-classification": _tagger,
}


def _of_texts(module: torch.nn.Module, output: str, tokenizer: Any, limits: Any, likely: Likely) -> Graph:
    """A graph over texts; compared two by two, one by one and all at once, the short ones padded."""

    def encoded(texts: list[str]) -> Batch:
        rows = tokenizer(
            texts, truncation=True, max_length=limits.max_length, padding=True, return_tensors="pt"
        )
        return rows["input_ids"], rows["attention_mask"]

    texts = [*TEXTS, *(str(label) for label in getattr(limits, "labels", [])[:5])]
    batches = [encoded(texts[:2]), *(encoded([text]) for text in texts), encoded(texts)]
    return Graph(module, ("input_ids", "attention_mask"), output, LENGTH, batches, likely)


def _softmax(logits: torch.Tensor) -> torch.Tensor:
    return logits.softmax(-1)


def _write(graph: Graph, file: Path) -> None:
    """Export the graph.

    Raises:
        Unsupported: torch cannot.
    """
    from onnx_ir.passes.common import ClearMetadataAndDocStringPass

    try:
        with _quiet():
            program = torch.onnx.export(
                graph.module,
                graph.batches[0],
                dynamo=True,
                input_names=list(graph.inputs),
                output_names=[graph.output],
                dynamic_shapes=tuple(graph.axes for _ in graph.inputs),
                verbose=False,
            )
    except Exception as error:  # torch's own errors, and whatever a model's code raises while it is followed
        raise Unsupported(
            f"torch cannot turn this kind of model into ONNX ({type(error).__name__}).",
            "Use --format folder.",
            param="format",
        ) from error
    assert program is not None
    ClearMetadataAndDocStringPass()(program.model)  # it holds paths of this machine
    size = sum(each.numel() * each.element_size() for each in graph.module.parameters())
    program.save(file, external_data=size > ONE_FILE)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter from telling of packages that it does not need, and of names that inputs share."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)


def _write_config(source: Path, made: Path, labels: list[str] | None) -> None:
    """The configuration with the labels in it, and the labels by themselves in the order of the logits."""
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    if labels:
        config["id2label"] = {str(number): label for number, label in enumerate(labels)}
        config["label2id"] = {label: number for number, label in enumerate(labels)}
        listed = json.dumps(labels, indent=2, ensure_ascii=False) + "\n"
        (made / "labels.json").write_text(listed, encoding="utf-8")
    (made / "config.json").write_text(
        json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def check(file: Path, graph: Graph) -> dict[str, Any]:
    """Compare a file with the trained model, if ONNX Runtime is there.

    Args:
        file: the ONNX file.
        graph: what it was made of.

    Returns:
        As :func:`to_onnx`.

    Raises:
        WorkFailed: they do not say the same.
    """
    from importlib.util import find_spec

    if find_spec("onnxruntime") is None:
        note = "onnxruntime is not installed, so the file was not compared with the model: pip install onnxruntime."
        return {"check": None, "note": note}
    import onnxruntime

    worst = _largest_difference(file, graph)
    if not worst <= LIMIT:  # also where it is no number
        raise WorkFailed(
            f"The ONNX file does not say the same as the model: probabilities differ by up to {worst:.3g}.",
            "Use --format folder.",
        )
    return {
        "check": {
            "runtime": f"onnxruntime {onnxruntime.__version__}",
            "examples": sum(len(batch[0]) for batch in graph.batches),
            "largest_difference": worst,
            "limit": LIMIT,
        }
    }


def _largest_difference(file: Path, graph: Graph) -> float:
    """By how much a probability differs at most over the graph's batches; padded tokens do not count."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    found = []
    for batch in graph.batches:
        given = {name: tensor.numpy() for name, tensor in zip(graph.inputs, batch, strict=True)}
        with torch.inference_mode():
            wanted = graph.likely(graph.module(*batch))
        got = graph.likely(torch.from_numpy(session.run([graph.output], given)[0]))
        difference = (got - wanted).abs()
        if difference.dim() == 3:  # a tag for each token
            difference = difference[batch[1].bool()]
        found.append(difference.max())
    return float(torch.stack(found).max())
