"""A trained module on OpenVINO, which compiles it for this processor. Imported only with torch."""

import contextlib
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch

from tools.finetune.machine import bf16

# OpenVINO reports each import and each conversion to its makers, unless this package of theirs is not there.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
GRAPH = "model.xml"
BATCH_TOKENS = (
    64  # what a batch of its own costs, in tokens that are read in that time: 60 for MiniLM on two cores
)


class OpenVinoModule:
    """Computes what a torch module computes, from the same tensors by name.

    Args:
        module: gives one tensor; its arguments are named as the inputs.
        example: inputs of two rows at least, to follow the module with; batch and length may differ later.
        kept: where the compiled graph is read from, or written to; nowhere where the folder cannot be written.

    Raises:
        Exception: whatever OpenVINO makes of a module that it cannot follow.
    """

    def __init__(self, module: torch.nn.Module, example: dict[str, torch.Tensor], kept: Path):
        import openvino

        core = openvino.Core()
        if (kept / GRAPH).exists():
            graph = core.read_model(kept / GRAPH)
        else:
            with warnings.catch_warnings(), torch.inference_mode():
                warnings.simplefilter("ignore")  # of the tracer, about branches that depend on shapes
                graph = openvino.convert_model(module, example_input=dict(example))
            _write(graph, kept)
        precision = "bf16" if bf16() else "f32"
        # One request at a time, on all cores: batches form before (tools.serving.batching).
        wishes: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
        self._compiled = core.compile_model(graph, "CPU", wishes)
        self._request = self._compiled.create_infer_request()
        self._names = {name for each in graph.inputs for name in each.get_names()}

    def __call__(self, **inputs: torch.Tensor) -> torch.Tensor:
        """The module's output, float32."""
        given = {name: each.numpy() for name, each in inputs.items() if name in self._names}
        self._request.infer(given, share_inputs=True)
        return torch.from_numpy(self._request.get_output_tensor(0).data.copy()).float()


def _write(graph: Any, kept: Path) -> None:
    """Keep a graph, whole or not at all."""
    import openvino

    # The graph's file last: where it is, its weights are whole. What else lies in the folder stays.
    with contextlib.suppress(
        OSError, RuntimeError
    ):  # it cannot be written, or the disk is full: then the next time
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".graph-", dir=kept) as made:
            openvino.save_model(graph, Path(made) / GRAPH)
            for name in (Path(GRAPH).with_suffix(".bin").name, GRAPH):
                (Path(made) / name).replace(kept / name)
