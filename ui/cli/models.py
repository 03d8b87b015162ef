"""``assistant models``: the registry of fine-tuned models, and base models on this machine."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.command import command, group
from ui.cli.opened import opened
from ui.cli.output import facts, note, table

if TYPE_CHECKING:
    from tools.workspace import ModelEntry

app = group("Fine-tuned models, and base models to train on.")
Name = Annotated[str, typer.Argument(help="The model's name.", metavar="NAME")]
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


@command(app, show=lambda entry: f"{entry['name']} is in {entry['path']}.")
def export(
    name: Name, folder: Annotated[Path, typer.Argument(help="A new or empty folder.", metavar="DIR")]
) -> dict[str, Any]:
    """Copy a model's folder out of the home: weights as safetensors, tokenizer, card and evaluation."""
    with opened() as application:
        entry = application.registry.get(name)
        target = _copy(entry, folder.expanduser())
        return {**entry.as_dict(), "path": str(target)}


def _copy(entry: "ModelEntry", folder: Path) -> Path:
    """Copy a model's folder whole or not at all.

    Raises:
        BadArgument: the target is a file, or a folder with something in it.
        NotFound: the model's own folder is gone.
    """
    import shutil
    import tempfile

    from tools.errors import BadArgument, NotFound
    from tools.finetune.continual import LINEAGE

    if not entry.path.is_dir():
        raise NotFound(
            f"The folder of model {entry.name} is gone.", "Fine-tune it again, or delete the model."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadArgument(f"{folder} exists already.", "Name a new or empty folder.", param="folder")
    target = folder.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as partial:
        left = shutil.ignore_patterns(LINEAGE)
        copied = shutil.copytree(entry.path, Path(partial) / "model", ignore=left)
        copied.replace(target)
    return target
