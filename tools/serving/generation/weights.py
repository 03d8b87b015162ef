"""Weights as OpenVINO GenAI reads them: one GGUF file, made of a Hugging Face folder and kept beside it.

Matrices are held in 8 bits (Q8_0: 32 numbers share a scale), which halves what is read for each token against 16 bits.
The names are GGUF's own (github.com/ggml-org/ggml/blob/master/docs/gguf.md); the file holds no tokenizer, because the
model's own one is used.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.atomic import write_atomically
from tools.errors import Unsupported
from tools.serving.engines.kept import FOLDER, stamp

if TYPE_CHECKING:
    import numpy

FILE, MADE = "weights.gguf", "weights.json"
FORM = 1  # of the file; those of another form are made anew
KINDS = ("llama", "qwen2", "qwen3")
GROUP = 32  # numbers that share a scale
MOSTLY_Q8_0 = 7  # GGUF's word for the file as a whole
MATRIX = 2  # dimensions


def kept(folder: Path) -> Path:
    """The file of a model, converted if there is none for its weights as they are.

    Args:
        folder: the model's, with ``config.json`` and safetensors.

    Raises:
        Unsupported: the engine cannot read this kind of model.
        OSError: there is no room, or the folder cannot be written.
    """
    if not _fresh(folder):
        _convert(folder, check(folder))
    return folder / FOLDER / FILE


def drop(folder: Path) -> None:
    """Forget the file of a model."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


def check(folder: Path) -> dict[str, Any]:
    """A model's configuration, if the engine can read such a model.

    Raises:
        Unsupported: it cannot.
    """
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if strange := _strange(config):
        raise Unsupported(f"OpenVINO GenAI reads no model with {strange}.", "transformers does.")
    return config


def _strange(config: dict[str, Any]) -> str | None:
    """What the engine would compute otherwise than the model."""
    if config.get("model_type") not in KINDS:
        return f"the architecture {config.get('model_type')}"
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = rope.get("rope_type") or rope.get("type") or "default"
    layers = set(config.get("layer_types") or ["full_attention"])
    return next(
        (
            name
            for name, found in {
                f"{kind} positions": kind != "default" or rope.get("partial_rotary_factor", 1) != 1,
                "sliding attention": config.get("use_sliding_window") or layers != {"full_attention"},
                f"{config.get('hidden_act')} units": config.get("hidden_act", "silu") != "silu",
                "quantized weights": config.get("quantization_config"),
            }.items()
            if found
        ),
        None,
    )


def _fresh(folder: Path) -> bool:
    """Whether the file is there whole, and of the weights as they are."""
    try:
        made = json.loads((folder / FOLDER / MADE).read_text(encoding="utf-8"))
        size = (folder / FOLDER / FILE).stat().st_size
        return made == {"form": FORM, "bytes": size, "made_from": stamp(folder)}
    except (OSError, ValueError):
        return False


def _convert(folder: Path, config: dict[str, Any]) -> None:
    """Write the sub-folder, whole or not at all."""
    made = Path(tempfile.mkdtemp(prefix=f".{FOLDER}-", dir=folder))
    try:
        write(folder, config, made / FILE)
        facts = {"form": FORM, "bytes": (made / FILE).stat().st_size, "made_from": stamp(folder)}
        write_atomically(made / MADE, json.dumps(facts) + "\n")
        if not _fresh(folder):  # another process may have been quicker
            drop(folder)
            made.replace(folder / FOLDER)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def write(folder: Path, config: dict[str, Any], file: Path) -> None:
    """Write the GGUF file of a model, one matrix in memory at a time.

    Args:
        folder: the model's.
        config: its configuration, see :func:`check`.
        file: the file to write.

    Raises:
        Unsupported: a weight that the engine does not know.
        OSError: there is no room.
    """
    from gguf import GGUFWriter

    # The reader turns the rows of a "llama" back, which llama.cpp's converter has turned; it leaves those of the
    # others as they are, and takes biases and norms wherever it finds them.
    writer = GGUFWriter(file, "qwen3" if config["model_type"] == "qwen3" else "qwen2")
    _describe(writer, config)
    names = _names(folder, config)
    for ours, shape in names.values():
        dtype, kind, size = _form(shape)
        writer.add_tensor_info(ours, size, dtype, _bytes(size, dtype), kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for name, weight in _read(folder):
        if name in names:
            writer.write_tensor_data(_packed(weight))
    writer.close()


def _describe(writer: Any, config: dict[str, Any]) -> None:
    heads = config["num_attention_heads"]
    rope = config.get("rope_parameters") or {}
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_key_length(config.get("head_dim") or config["hidden_size"] // heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(float(rope.get("rope_theta") or config.get("rope_theta") or 10_000.0))
    writer.add_file_type(MOSTLY_Q8_0)


def _names(folder: Path, config: dict[str, Any]) -> dict[str, tuple[str, list[int]]]:
    """The weights' names here, their names in GGUF and their shapes, in the order in which they are read."""
    from gguf import MODEL_ARCH, get_tensor_name_map

    known = get_tensor_name_map(MODEL_ARCH.QWEN3, config["num_hidden_layers"])
    found = {}
    for name, part in _parts(folder):
        if name == "lm_head.weight" and config.get("tie_word_embeddings"):
            continue
        ours = known.get_name(name, try_suffixes=(".weight", ".bias"))
        if ours is None:
            raise Unsupported(f"OpenVINO GenAI knows no weight {name}.", "transformers does.")
        found[name] = ours, list(part.get_slice(name).get_shape())
    return found


def _parts(folder: Path) -> Iterator[tuple[str, Any]]:
    """The names of all weights, each with the open file that holds it."""
    from safetensors import safe_open

    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as part:
            for name in sorted(part.keys()):
                yield name, part


def _read(folder: Path) -> Iterator[tuple[str, "numpy.ndarray"]]:
    """All weights, float32."""
    for name, part in _parts(folder):
        yield name, part.get_tensor(name).float().numpy()


def _form(shape: list[int]) -> tuple[Any, Any, tuple[int, ...]]:
    """In what a weight is held: numpy's type, GGUF's type, and the shape that it has in numpy's."""
    import numpy
    from gguf import GGMLQuantizationType, quant_shape_to_byte_shape

    if len(shape) < MATRIX:
        return numpy.dtype("float32"), GGMLQuantizationType.F32, tuple(shape)
    if shape[-1] % GROUP:
        return numpy.dtype("float16"), GGMLQuantizationType.F16, tuple(shape)
    kind = GGMLQuantizationType.Q8_0
    return numpy.dtype("uint8"), kind, quant_shape_to_byte_shape(shape, kind)


def _bytes(shape: tuple[int, ...], dtype: Any) -> int:
    import math

    return math.prod(shape) * dtype.itemsize


def _packed(weight: "numpy.ndarray") -> "numpy.ndarray":
    from gguf import GGMLQuantizationType, quantize

    dtype, kind, _ = _form(list(weight.shape))
    return quantize(weight, kind) if kind == GGMLQuantizationType.Q8_0 else weight.astype(dtype)
