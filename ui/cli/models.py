"""``assistant models``: the registry of fine-tuned models, and base models on this machine."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tools.serving.engines.kept import offered, told
from tools.workspace import ModelEntry
from ui.cli.command import command, group
from ui.cli.opened import opened, workspace
from ui.cli.output import facts, note, plain, table

app = group("Fine-tuned models, and base models to train on.")
Name = Annotated[
    str, typer.Argument(help="The model's name; one version as NAME@2 or NAME@ALIAS.", metavar="NAME")
]
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

HISTORY = {
    "created_at": "when",
    "action": "what",
    "version": "version",
    "user_id": "who",
    "details": "details",
}
SIDES = {
    "version": "version",
    "requests": "requests",
    "failed": "failed",
    "confidence": "confidence",
    "mean": "ms",
    "p50": "ms p50",
    "p95": "ms p95",
    "labels": "labels",
}


def _quality(metrics: dict[str, Any]) -> str:
    named = {
        name: metrics[name]
        for name in ("accuracy", "f1", "perplexity", "accuracy@1", "mrr")
        if name in metrics
    }
    return ", ".join(f"{name} {value:.3f}" for name, value in list(named.items())[:2])


def _list(result: dict[str, Any]) -> str:
    rows = [_row(entry) for entry in result["models"]]
    several = any(entry["newest"] > 1 for entry in result["models"])
    columns = {"name": "name", "version": "version", **COLUMNS} if several else COLUMNS
    return table(rows, columns, "No models yet. Make one: assistant finetune DATA --name NAME.")


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "quality": _quality(entry["metrics"])}


def shown(entry: dict[str, Any]) -> str:
    """One registry entry for people."""
    wanted = [
        "name",
        "version",
        "aliases",
        "task",
        "base",
        "method",
        "status",
        "metrics",
        "created_at",
        "path",
    ]
    if entry.get("newest") == 1:  # a name of one version needs no number
        wanted.remove("version")
    engine = (entry.get("engine") or {}).get("engine")
    return facts({name.removesuffix("_at"): entry.get(name) for name in wanted} | {"engine": engine})


def _shown_whole(entry: dict[str, Any]) -> str:
    """An entry with its lineage, its name's versions and what was done with them."""
    parts = [shown(entry), facts({f"made from: {key}": value for key, value in entry["lineage"].items()})]
    if entry["newest"] > 1:
        columns = {"version": "version", "aliases": "aliases", **COLUMNS}
        del columns["name"], columns["status"]
        parts.append(table([_row(each) for each in entry["versions"]], columns, ""))
    parts.append(table(entry["history"], HISTORY, ""))
    return "\n\n".join(part for part in parts if part)


def _split(result: dict[str, Any]) -> str:
    """How two versions do side by side."""
    name = result["name"]
    if result["status"] == "none":
        how = f"assistant models split {name} --to {name}@2 --share 10"
        return f"All requests to {name} go to one version. Try another beside it: {how}."
    sides = [
        {**side, **side["latency_ms"], "version": f"{name}@{side['version']}"}
        | {"labels": _shares(side["labels"])}
        for side in result["sides"]
    ]
    compared = f"{result['agreement'] or 0:.1%} of {result['compared']:,} texts"
    about = {
        "split": f"{result['share']:g} % to {name}@{result['other']}{', with shadow' if result['shadow'] else ''}",
        "since": result["started_at"],
        "ended": result["ended_at"],
        "agree on": compared if result["compared"] else None,
        "not read along": result["dropped"] or None,
    }
    return f"{facts(about)}\n\n{table(sides, SIDES, '')}"


def _shares(labels: dict[str, int]) -> str:
    total = sum(labels.values())
    return ", ".join(f"{label} {count / total:.0%}" for label, count in list(labels.items())[:5])


@command(app, "list", show=_list)
def list_all() -> dict[str, Any]:
    """List the fine-tuned models, newest first."""
    with opened() as application:
        return {"models": [entry.as_dict() for entry in application.registry.all()]}


@command(app, show=_shown_whole)
def show(name: Name) -> dict[str, Any]:
    """One model: how it was made, how good it is, its versions, and what was done with them."""
    with opened() as application:
        registry = application.registry
        return {**registry.described(name), "path": str(registry.get(name).path)}


@command(app, show=lambda entry: f"{entry['name']} is deleted ({plain(entry['deleted'])}).")
def delete(name: Name) -> dict[str, Any]:
    """Delete a model with all its versions, or the one version that is named, and its files."""
    with opened() as application:
        from assistant.workspace.models import deleted

        return deleted(workspace(application).delete(name))


def tell_engine(entry: ModelEntry, name: str, wished: bool = False) -> None:
    """Tell what computes a model that was put into service, and which engine is quicker and says not quite the same.

    Args:
        entry: the model.
        name: under which ``assistant deploy`` takes the other engine; none is offered where it is empty.
        wished: an engine was asked for.
    """
    if found := told(entry.engine):
        note(f"Engine: {found['engine']}, {_gain(found)} as torch, {_cost(found)}.")
    elif entry.engine:
        note("Engine: torch." if wished else "Engine: torch, the quickest here of those that say the same.")
    if name and (offer := offered(entry.engine)):
        gain = f"{offer['engine']} is {_gain(offer)} as that, {_cost(offer)}."
        note(f"{gain} Take it: assistant deploy {name} --engine {offer['engine']}")


def _gain(found: dict[str, Any]) -> str:
    return f"{found['alone']:.1f} × as fast alone and {found['together']:.1f} × in batches"


def _cost(found: dict[str, Any]) -> str:
    """What becomes of the answers on another engine."""
    if found["accuracy"]:
        before, after = (f"{100 * share:.1f}" for share in found["accuracy"])
        return f"accuracy {before} → {after} %"
    return f"the same answers on {found['same']:.1%} of the texts tried"


@command(app, show=shown)
def promote(
    version: Annotated[str, typer.Argument(help="The version, as NAME@3.", metavar="VERSION")],
    alias: Annotated[
        str, typer.Option(help="production: the plain NAME answers with it. Any other word: NAME@ALIAS does.")
    ] = "production",
) -> dict[str, Any]:
    """Put a version into service at once, in place of the one before."""
    with opened() as application:
        entry = workspace(application).promote(version, alias)
        # Whoever takes another engine by "deploy" puts the version into production.
        tell_engine(entry, version if alias == "production" else "")
        return entry.as_dict()


@command(app, show=shown)
def rollback(name: Name) -> dict[str, Any]:
    """Put the version back into production that was there before."""
    with opened() as application:
        entry = workspace(application).rollback(name)
        tell_engine(entry, name)
        return entry.as_dict()


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


@command(app, show=_split)
def split(
    name: Name,
    to: Annotated[str | None, typer.Option(help="The version to try, as NAME@3.", metavar="VERSION")] = None,
    share: Annotated[
        float | None, typer.Option(help="Percent of the callers whom it answers (A/B).", metavar="PERCENT")
    ] = None,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="The version that does not answer reads along, to be compared.")
    ] = False,
    off: Annotated[bool, typer.Option("--off", help="The version in production answers all again.")] = False,
) -> dict[str, Any]:
    """Try another version beside the one in production, and see how both do."""
    with opened() as application:
        known = workspace(application)
        if off:
            return known.end_split(name)
        if to is None and share is None and not shadow:
            return application.splits.results(name)
        return known.split(name, to, share, shadow)
