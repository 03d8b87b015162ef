"""A trained module on ONNX Runtime, its matrices in 8 bits. Imported only with torch.

torch's older exporter writes the graph: it takes two seconds where the newer one takes seventeen, and what it says a
little otherwise (:mod:`tools.finetune.onnx` tells) is less than the rounding costs. Each column of a matrix has a scale
of its own, and what is multiplied with it is rounded as it comes; tables of embeddings stay as they are.
"""

import logging
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from knowledge.atomic import write_atomically

log = logging.getLogger(__name__)
GRAPH = "int8.onnx"


class OnnxModule:
    """Computes what a torch module computes, from the same tensors by name.

    Args:
        module: makes what gives one tensor; called where no graph is kept.
        example: its arguments in order, to follow it with; batch and length may differ later. The inputs get these
            names.
        kept: where the graph is read from, or written to; nowhere where the folder cannot be written. A damaged one is
            made anew.

    Raises:
        Exception: whatever torch or ONNX Runtime make of a module that they cannot follow.
    """

    def __init__(self, module: Callable[[], torch.nn.Module], example: dict[str, torch.Tensor], kept: Path):
        file = kept / GRAPH
        try:
            session = _session(file.read_bytes()) if file.exists() else None
        except Exception as error:
            log.warning("A kept graph is damaged and made anew: %s", " ".join(str(error).split())[:300])
            session = None
        if session is None:
            graph = _made(module(), example)
            session = _session(graph)
            with suppress(OSError):
                kept.mkdir(parents=True, exist_ok=True)
                write_atomically(file, graph)
        self._session = session
        self._names = {each.name for each in session.get_inputs()}

    def __call__(self, **inputs: torch.Tensor) -> torch.Tensor:
        """The module's output, float32."""
        given = {name: each.numpy() for name, each in inputs.items() if name in self._names}
        return torch.from_numpy(self._session.run(None, given)[0]).float()


def _made(module: torch.nn.Module, example: dict[str, torch.Tensor]) -> bytes:
    """The graph, its matrices in 8 bits."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    with tempfile.TemporaryDirectory() as folder:
        whole, rounded = Path(folder) / "whole.onnx", Path(folder) / GRAPH
        _export(module, example, whole)
        model = onnx.load_model(whole)
        add_pre_process_metadata(
            model
        )  # else it advises to optimise first, which the runtime does when it reads
        wishes = {"op_types_to_quantize": ["MatMul", "Gemm"], "weight_type": QuantType.QInt8}
        quantize_dynamic(model, rounded, per_channel=True, **wishes)
        return rounded.read_bytes()


def _export(module: torch.nn.Module, example: dict[str, torch.Tensor], file: Path) -> None:
    any_size = {0: "batch", 1: "sequence"}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # of the tracer, about branches that depend on shapes
        torch.onnx.export(
            module,
            tuple(example.values()),
            file,
            dynamo=False,
            input_names=list(example),
            output_names=["found"],
            dynamic_axes={**dict.fromkeys(example, any_size), "found": {0: "batch"}},
        )


def _session(graph: bytes) -> Any:
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    wishes = onnxruntime.SessionOptions()
    wishes.intra_op_num_threads = torch.get_num_threads()
    # Threads that wait for work shall not keep the cores from those who bring it.
    wishes.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, wishes, providers=["CPUExecutionProvider"])
