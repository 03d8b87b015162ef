"""Tools that look at data and hide what is personal in a text."""

from typing import Any

from tools.catalog.registry import tool
from tools.workspace import Workspace


@tool(risk="read")
def inspect_dataset(workspace: Workspace, dataset: str) -> dict[str, Any]:
    """Look into a dataset: rows, columns, labels, duplicates, personal data and the task it fits.

    Args:
        dataset: an uploaded file such as ``tickets.csv``, or ``hf:owner/name`` of the Hugging Face hub.
    """
    from tools.data.inspect import inspect_file

    path = workspace.dataset(dataset)
    return {"dataset": dataset, **inspect_file(path, find_pii=workspace.redactor().count_cells)}


@tool(risk="read")
def redact_text(workspace: Workspace, text: str) -> dict[str, Any]:
    """Hide names, addresses, numbers and secrets in a text.

    Args:
        text: the text to redact.
    """
    return workspace.redactor().redact(text)
