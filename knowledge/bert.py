"""A BERT encoder compiled by OpenVINO for this processor, straight from its weights.

The same numbers as transformers' ``BertModel`` in float32 (to rounding), in less than half the time for a single text,
and without waiting for torch to be imported. The graph follows Devlin et al. 2019, "BERT: Pre-training of Deep
Bidirectional Transformers for Language Understanding".
"""

import json
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

STEP = 8  # lengths are rounded up to multiples of it, since each new shape costs OpenVINO some milliseconds
HIDDEN = -1e4  # added to the attention's scores where there is padding
TABLES = ("word", "token_type", "position")  # of embeddings
Tensors = Mapping[str, "np.ndarray"]


def fits(folder: Path) -> bool:
    """Whether the encoder in a Hugging Face folder is one that :class:`Bert` computes."""
    facts = _facts(folder)
    kinds = facts.get("model_type"), facts.get("hidden_act"), facts.get("position_embedding_type", "absolute")
    return kinds == ("bert", "gelu", "absolute") and (folder / "model.safetensors").is_file()


def read(folder: Path) -> tuple[dict[str, "np.ndarray"], dict[str, Any]]:
    """The weights of a Hugging Face encoder folder by name, float32, and its configuration.

    Raises:
        OSError, ValueError, safetensors.SafetensorError: the files are not there or not whole.
    """
    import numpy as np
    from safetensors.numpy import load_file

    tensors = {
        name.removeprefix("bert."): each.astype(np.float32)
        for name, each in load_file(folder / "model.safetensors").items()
    }
    return tensors, _facts(folder)


def _facts(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return facts


class Bert:
    """Computes last hidden states. Safe to share between threads, which take turns.

    Args:
        tensors: the encoder's weights, named as in transformers.
        facts: its configuration.
    """

    def __init__(self, tensors: Tensors, facts: Mapping[str, Any]):
        # OpenVINO reports imports to its makers, unless this package of theirs is not there.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino

        self.width = int(facts["hidden_size"])
        self.words = tensors["embeddings.word_embeddings.weight"]
        wishes = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        self._turn = threading.Lock()
        self._request = (
            openvino.Core()
            .compile_model(_Graph(tensors, facts).model(), "CPU", wishes)
            .create_infer_request()
        )

    def hidden(self, ids: list[list[int]], segments: list[list[int]] | None = None) -> "np.ndarray":
        """Last hidden states.

        Args:
            ids: token ids of each text.
            segments: 0 or 1 for each; all 0 where left out.

        Returns:
            float32 ``[texts, tokens of the longest or some more, width]``; behind a text's end stands nothing of use.
        """
        return self._infer(ids, segments, 1)[0]

    def halfway(self, ids: list[list[int]]) -> tuple["np.ndarray", "np.ndarray"]:
        """Last hidden states, and those after the lower half of the layers; both as of :meth:`hidden`."""
        last, half = self._infer(ids, None, 2)
        return last, half

    def _infer(
        self, ids: list[list[int]], segments: list[list[int]] | None, outputs: int
    ) -> list["np.ndarray"]:
        import numpy as np

        shape = len(ids), -(-max(map(len, ids)) // STEP) * STEP
        tokens, kinds = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        mask = np.full(shape, HIDDEN, np.float32)
        for row, each in enumerate(ids):
            tokens[row, : len(each)], mask[row, : len(each)] = each, 0
            if segments:
                kinds[row, : len(each)] = segments[row]
        places = np.arange(shape[1], dtype=np.int32)[None]
        given = dict(zip(TABLES, (tokens, kinds, places), strict=True))
        with self._turn:
            self._request.infer({**given, "mask": mask[:, None, None, :]}, share_inputs=True)
            return [self._request.get_output_tensor(at).data.copy() for at in range(outputs)]


class _Graph:
    """OpenVINO's graph of an encoder."""

    def __init__(self, tensors: Tensors, facts: Mapping[str, Any]):
        from openvino import opset13 as ops

        self._ops, self._tensors = ops, tensors
        self._heads, self._layers = int(facts["num_attention_heads"]), int(facts["num_hidden_layers"])
        self._width, self._epsilon = int(facts["hidden_size"]), float(facts["layer_norm_eps"])

    def model(self) -> Any:
        import numpy as np
        import openvino

        ops = self._ops
        given = {name: ops.parameter([-1, -1], np.int32, name) for name in TABLES}
        mask = ops.parameter([-1, 1, 1, -1], np.float32, "mask")
        for name, each in {**given, "mask": mask}.items():
            each.output(0).tensor.set_names({name})
        states = [self._embedded(given)]
        for number in range(self._layers):
            states.append(self._layer(f"encoder.layer.{number}", states[-1], mask))
        return openvino.Model([states[-1], states[self._layers // 2]], [*given.values(), mask])

    def _embedded(self, given: Mapping[str, Any]) -> Any:
        ops = self._ops
        found = [
            ops.gather(
                ops.constant(self._tensors[f"embeddings.{name}_embeddings.weight"]), at, ops.constant(0)
            )
            for name, at in given.items()
        ]
        return self._normed("embeddings.LayerNorm", ops.add(ops.add(found[0], found[1]), found[2]))

    def _layer(self, name: str, values: Any, mask: Any) -> Any:
        ops = self._ops
        own = f"{name}.attention"
        asked, keys, given = (
            self._split(self._linear(f"{own}.self.{part}", values)) for part in ("query", "key", "value")
        )
        seen = ops.scaled_dot_product_attention(asked, keys, given, mask)
        joined = ops.reshape(ops.transpose(seen, [0, 2, 1, 3]), [0, 0, self._width], True)
        values = self._normed(
            f"{own}.output.LayerNorm", ops.add(self._linear(f"{own}.output.dense", joined), values)
        )
        wide = ops.gelu(self._linear(f"{name}.intermediate.dense", values), "erf")
        return self._normed(
            f"{name}.output.LayerNorm", ops.add(self._linear(f"{name}.output.dense", wide), values)
        )

    def _split(self, values: Any) -> Any:
        """``[texts, tokens, width]`` as ``[texts, heads, tokens, width of a head]``."""
        parts = self._ops.reshape(values, [0, 0, self._heads, self._width // self._heads], True)
        return self._ops.transpose(parts, [0, 2, 1, 3])

    def _linear(self, name: str, values: Any) -> Any:
        weights, bias = (self._ops.constant(self._tensors[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self._ops.add(self._ops.matmul(values, weights, False, True), bias)

    def _normed(self, name: str, values: Any) -> Any:
        ops = self._ops
        weights, bias = (ops.constant(self._tensors[f"{name}.{part}"]) for part in ("weight", "bias"))
        even = ops.mvn(values, ops.constant([-1]), True, self._epsilon, "inside_sqrt")
        return ops.add(ops.multiply(even, weights), bias)
