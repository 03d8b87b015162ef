"""The metadata beside a model's weights (``assistant.json``) and the model card made of it (``README.md``)."""

import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from knowledge.atomic import write_atomically
from tools.errors import BadData, NotFound

INFO = "assistant.json"
CARD = "README.md"
REQUIRED = ("name", "task", "base", "method")
PACKAGES = ("startup-assistant", "torch", "transformers", "peft", "scikit-learn", "sentence-transformers")
PIPELINE_TAGS = {"embedding": "sentence-similarity", "masked-lm": "fill-mask"}


def write_info(folder: Path, info: Mapping[str, Any]) -> Path:
    """Write ``assistant.json`` whole or not at all, with the time and the versions it was made with.

    Args:
        folder: the model's folder; it exists.
        info: JSON-able facts: name, task, base and method at least; usual ones are labels, text_column,
            label_column, metrics, baseline, seed, data_sha256, seconds, trainable_parameters.

    Raises:
        BadData: one of the four needed facts is missing.
    """
    _check(info, folder)
    whole = {"created_at": _now(), "versions": versions(), **info}
    write_atomically(folder / INFO, json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    return folder / INFO


def read_info(folder: Path) -> dict[str, Any]:
    """Read ``assistant.json``.

    Raises:
        NotFound: the folder is gone, or is not a model made here.
        BadData: the file is damaged.
    """
    path = folder / INFO
    if not folder.is_dir():
        raise NotFound(
            f"The folder of model {folder.name} is gone.", "Fine-tune it again, or delete the model."
        )
    if not path.is_file():
        raise NotFound(
            f"{folder.name} is not a model made here: {INFO} is missing.", "Name a model of the registry."
        )
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadData(f"{path.name} of {folder.name} is damaged.", "Fine-tune the model again.") from error
    _check(info, folder)
    return info


def _check(info: Any, folder: Path) -> None:
    missing = [key for key in REQUIRED if key not in info] if isinstance(info, Mapping) else list(REQUIRED)
    if missing:
        raise BadData(
            f"The metadata of {folder.name} lacks {', '.join(missing)}.", "Fine-tune the model again."
        )


def write_card(folder: Path, info: Mapping[str, Any]) -> Path:
    """Write the model card: a README in Hugging Face form, with what was trained on what and how good it is.

    Args:
        folder: the model's folder.
        info: as for :func:`write_info`.
    """
    write_atomically(folder / CARD, model_card(info))
    return folder / CARD


def model_card(info: Mapping[str, Any]) -> str:
    """The card's text: Markdown with YAML front matter (format: huggingface.co/docs/hub/model-cards)."""
    return (
        "\n\n".join(part for part in (_front(info), _about(info), _quality(info), _limits(info)) if part)
        + "\n"
    )


def _front(info: Mapping[str, Any]) -> str:
    tag = PIPELINE_TAGS.get(info["task"], info["task"])
    return f"---\npipeline_tag: {tag}\nbase_model: {json.dumps(str(info['base']))}\ntags: [startup-assistant]\n---"


def _about(info: Mapping[str, Any]) -> str:
    lines = [
        f"# {info['name']}",
        "",
        f"{str(info['task']).capitalize()} model, made from `{info['base']}` by the method `{info['method']}`.",
        "",
    ]
    facts = {
        "Text column": info.get("text_column"),
        "Label column": info.get("label_column"),
        "Training rows": info.get("rows"),
        "Trained parameters": info.get("trainable_parameters"),
        "Training time (s)": info.get("seconds"),
        "Seed": info.get("seed"),
        "SHA-256 of the data": info.get("data_sha256"),
        "Made at": info.get("created_at"),
    }
    lines += [f"- {name}: {_shown(value)}" for name, value in facts.items() if value is not None]
    if info.get("labels"):
        lines.append(f"- Labels ({len(info['labels'])}): {', '.join(str(label) for label in info['labels'])}")
    return "\n".join(lines)


def _quality(info: Mapping[str, Any]) -> str:
    metrics = info.get("metrics") or {}
    if not metrics:
        return ""
    baselines = [
        (name, value) for name, value in (info.get("baseline") or {}).items() if isinstance(value, Mapping)
    ]
    head = ["metric", "this model", *(name.replace("_", " ") for name, _ in baselines)]
    rows = [
        [name, _shown(value), *(_shown(other.get(name, "")) for _, other in baselines)]
        for name, value in metrics.items()
        if isinstance(value, int | float)
    ]
    table = [head, ["---"] * len(head), *rows]
    return "## Quality on held-out rows\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in table)


def _limits(info: Mapping[str, Any]) -> str:
    made = ", ".join(f"{name} {version}" for name, version in (info.get("versions") or {}).items())
    text = (
        "## Limits\n\nThe figures hold for texts like those it was trained on. "
        "It knows no label that is not listed above, and gives one of them to any text."
        if info.get("labels")
        else "## Limits\n\nThe figures hold for data like those it was trained on."
    )
    return text + (f"\n\nMade with {made}." if made else "")


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) and value > 9999 else str(value)


def versions() -> dict[str, str]:
    """Versions of the installed packages that a model's numbers depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
