"""Weights in 8 bits, for products in whole numbers. Imported only with torch.

Each row of a matrix has a scale of its own (as in LLM.int8(), Dettmers et al. 2022); what is multiplied with it is
rounded by OpenVINO as it comes, a group of numbers to a scale. No texts are needed for it, and it takes a second.
"""

from typing import Any

GROUP = 128  # numbers that are rounded with one scale as they come
LEAST = 4096  # numbers of a matrix worth rounding
MOST = 127  # in a signed byte


def round_weights(graph: Any) -> None:
    """Hold the matrices of a graph in 8 bits.

    Args:
        graph: OpenVINO's, changed in place; tables of embeddings and small matrices stay as they are.
    """
    from openvino import opset13 as ops

    for node in graph.get_ordered_ops():
        held = node.input_value(1).get_node() if node.get_type_name() == "MatMul" else None
        if held is None or held.get_type_name() != "Constant" or len(held.shape) != 2:
            continue
        weights = held.data
        if weights.size >= LEAST and weights.dtype.kind == "f":
            rounded, scales = _rounded(weights, axis=1 if node.get_attributes()["transpose_b"] else 0)
            whole = ops.convert(ops.constant(rounded), "f32")
            node.input(1).replace_source_output(ops.multiply(whole, ops.constant(scales)).output(0))


def _rounded(weights: Any, axis: int) -> tuple[Any, Any]:
    """Whole numbers, and by what to multiply them."""
    import numpy

    scales = numpy.abs(weights).max(axis, keepdims=True).astype(numpy.float32) / MOST
    scales[scales == 0] = 1.0
    return numpy.rint(weights / scales).astype(numpy.int8), scales
