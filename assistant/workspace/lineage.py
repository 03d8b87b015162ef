"""What a model was made from, as far as its folder and its job tell."""

import json
from pathlib import Path
from typing import Any

from tools.models.card import INFO

FACTS = ("data_sha256", "rows", "program")
SETTINGS = ("text_column", "label_column", "epochs", "learning_rate", "batch_size", "seed")


def lineage_of(folder: Path, spec: dict[str, Any], parent: str | None) -> dict[str, Any]:
    """A version's lineage.

    Args:
        folder: the model's folder.
        spec: what its job was asked for; empty where nothing is known.
        parent: the version of ours that the training went on from.

    Returns:
        ``data`` (the file's name), ``data_sha256``, ``rows``, ``program`` (the version that made it), ``parent`` and
        ``settings``; what is not known is left out.
    """
    info = _info(folder)
    asked = {key: spec[key] for key in ("task", "method", "search") if spec.get(key)}
    found = {
        "parent": parent,
        "data": Path(spec["data"]).name if spec.get("data") else None,
        "test_data": Path(spec["test_data"]).name if spec.get("test_data") else None,
        **{key: info.get(key) for key in FACTS},
        "settings": asked | {key: info[key] for key in SETTINGS if info.get(key) is not None},
    }
    return {key: value for key, value in found.items() if value not in (None, {})}


def _info(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / INFO).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
