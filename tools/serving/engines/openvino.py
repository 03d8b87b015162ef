"""A trained module on OpenVINO, which compiles it for this processor. Imported only with torch."""

import contextlib
import logging
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from tools.finetune.machine import bf16
from tools.serving.engines.int8 import GROUP, round_weights

# OpenVINO reports each import and each conversion to its makers, unless this package of theirs is not there.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
log = logging.getLogger(__name__)
# Conversion lowers the level of all logs and puts back what it found: two at once would leave it at ERROR.
_converting = threading.Lock()
GRAPH, GRAPH_INT8 = "model.xml", "int8.xml"
BATCH_TOKENS = (
    64  # what a batch of its own costs, in tokens that are read in that time: 60 for MiniLM on two cores
)


class OpenVinoModule:
    """Computes what a torch module computes, from the same tensors by name.

    Args:
        module: makes what gives one tensor; called where no graph is kept.
        example: its arguments in order, of two rows at least, to follow it with; batch and length may differ later.
            The inputs get these names.
        kept: where the graph is read from, or written to; nowhere where the folder cannot be written. A damaged one
            is made anew.
        int8: hold the weights in 8 bits.

    Raises:
        Exception: whatever OpenVINO makes of a module that it cannot follow.
    """

    def __init__(
        self,
        module: Callable[[], torch.nn.Module],
        example: dict[str, torch.Tensor],
        kept: Path,
        int8: bool = False,
    ):
        import openvino

        core, file = openvino.Core(), kept / (GRAPH_INT8 if int8 else GRAPH)
        try:
            self._compiled = _compiled(core, core.read_model(file), int8) if file.exists() else None
        except RuntimeError as error:
            log.warning("A kept graph is damaged and made anew: %s", " ".join(str(error).split())[:300])
            self._compiled = None
        if self._compiled is None:
            graph = _converted(module(), example)
            if int8:
                round_weights(graph)
            _write(graph, file)
            self._compiled = _compiled(core, graph, int8)
        self._request = self._compiled.create_infer_request()
        self._names = {name for each in self._compiled.inputs for name in each.get_names()}

    def hold(self, **inputs: torch.Tensor) -> None:
        """Inputs that stay the same tensors for all calls; what is in them may change between two."""
        for name, each in inputs.items():
            self._request.set_tensor(name, _tensor(each))

    def __call__(self, **inputs: torch.Tensor) -> torch.Tensor:
        """The module's output, float32."""
        given = {name: each.numpy() for name, each in inputs.items() if name in self._names}
        self._request.infer(given, share_inputs=True)
        return torch.from_numpy(self._request.get_output_tensor(0).data.copy()).float()


def _converted(module: torch.nn.Module, example: dict[str, torch.Tensor]) -> Any:
    import openvino

    with _converting, warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # of the tracer, about branches that depend on shapes
        graph = openvino.convert_model(module, example_input=tuple(example.values()))
    if len(graph.inputs) == len(example):  # else some are not used, and the others have the arguments' names
        for put, name in zip(graph.inputs, example, strict=True):
            put.get_tensor().set_names({name})
    return graph


def _tensor(each: torch.Tensor) -> Any:
    """The same memory as OpenVINO sees it."""
    import openvino

    if each.dtype == torch.bfloat16:  # numpy has no such numbers
        return openvino.Tensor(each.view(torch.int16).numpy(), each.shape, openvino.Type.bf16)
    return openvino.Tensor(each.numpy(), shared_memory=True)


def _compiled(core: Any, graph: Any, int8: bool) -> Any:
    # One request at a time, on all cores: batches form before (tools.serving.batching).
    wishes: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    if int8:  # only in fp32 are numbers rounded as they come
        wishes |= {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": GROUP}
    else:
        wishes["INFERENCE_PRECISION_HINT"] = "bf16" if bf16() else "f32"
    return core.compile_model(graph, "CPU", wishes)


def _write(graph: Any, file: Path) -> None:
    """Keep a graph, whole or not at all."""
    import openvino

    # The graph's file last: where it is, its weights are whole. What else lies in the folder stays.
    with contextlib.suppress(
        OSError, RuntimeError
    ):  # it cannot be written, or the disk is full: then the next time
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".graph-", dir=file.parent) as made:
            openvino.save_model(graph, Path(made) / file.name)
            for name in (file.with_suffix(".bin").name, file.name):
                (Path(made) / name).replace(file.with_name(name))
