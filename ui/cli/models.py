"""``assistant models``: the registry of fine-tuned models, and base models on this machine."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ui.cli.command import command, group
from ui.cli.opened import opened
from ui.cli.output import facts, note, table

app = group("Fine-tuned models, and base models to train on.")
Name = Annotated[str, typer.Argument(help="The model's name.", metavar="NAME")]
Format = Literal["folder", "adapter", "onnx", "gguf"]
COLUMNS = {
    "name": "name",
    "task": "task",
    "base": "base",
    "method": "method",
    "status": "status",
    "quality": "quality",
    "created_at": "created",
}


def _quality(metrics: dict[str, Any]) -> str:
    named = {
        name: metrics[name] for name in ("accuracy", "f1", "perplexity", "recall_at_1") if name in metrics
    }
    return ", ".join(f"{name} {value:.3f}" for name, value in list(named.items())[:2])


def _list(result: dict[str, Any]) -> str:
    rows = [{**entry, "quality": _quality(entry["metrics"])} for entry in result["models"]]
    return table(rows, COLUMNS, "No models yet. Make one: assistant finetune DATA --name NAME.")


def shown(entry: dict[str, Any]) -> str:
    """One registry entry for people."""
    wanted = ("name", "task", "base", "method", "status", "metrics", "created_at", "path")
    return facts({name.removesuffix("_at"): entry.get(name) for name in wanted})


@command(app, "list", show=_list)
def list_all() -> dict[str, Any]:
    """List the fine-tuned models, newest first."""
    with opened() as application:
        return {"models": [entry.as_dict() for entry in application.registry.all()]}


@command(app, show=shown)
def show(name: Name) -> dict[str, Any]:
    """One model: how it was made and how good it is."""
    with opened() as application:
        entry = application.registry.get(name)
        return {**entry.as_dict(), "path": str(entry.path)}


@command(app, show=lambda entry: f"{entry['name']} is deleted.")
def delete(name: Name) -> dict[str, Any]:
    """Delete a model and its files."""
    with opened() as application:
        entry = application.registry.get(name)
        application.registry.delete(name)
        return {**entry.as_dict(), "status": "deleted"}


@command(app, show=shown)
def pull(
    name: Annotated[str, typer.Argument(help="minilm, smollm2, or a Hugging Face id.", metavar="NAME")],
) -> dict[str, Any]:
    """Bring a base model onto this machine, ready to be trained on or served."""
    with opened() as application:
        from tools.models.embedded import embedded_name, fetch_base, smollm2_folder

        cache = application.home.cache
        if embedded_name(name) == "smollm2":
            folder = smollm2_folder(cache, note)
        else:
            note(f"Fetching {name} …")
            folder = fetch_base(name, cache, application.settings.offline == "true")
        made = datetime.fromtimestamp(folder.stat().st_mtime, UTC).isoformat(timespec="seconds")
        about: dict[str, Any] = {"task": None, "base": name, "method": None, "status": "ready", "metrics": {}}
        return {"name": name, **about, "created_at": made, "path": str(folder)}


def _exported(result: dict[str, Any]) -> str:
    said = f"{result['name']} is in {result['path']}."
    if check := result.get("check"):
        said += f" It says what the model says: probabilities differ by at most {check['largest_difference']:.1g}."
    return f"{said} {result['note']}" if "note" in result else said


@command(app, show=_exported)
def export(
    name: Name,
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", metavar="DIR")],
    format: Annotated[
        Format,
        typer.Option(
            help="folder: all of it, weights as safetensors. adapter: what lora and its kin trained. "
            "onnx: for ONNX Runtime. gguf: for llama.cpp."
        ),
    ] = "folder",
) -> dict[str, Any]:
    """Take a model out of the home, whole or as what other programs run."""
    with opened() as application:
        from tools.finetune.export import export as write

        entry = application.registry.get(name)
        told = write(entry.path, folder.expanduser(), format, application.settings.llama_cpp)
        return {**entry.as_dict(), **told}
