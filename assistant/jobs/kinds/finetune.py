"""Fine-tuning a model: train it, then enter it in the registry."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.errors import Conflict
from assistant.jobs.work import SHORT_OF_MEMORY, Work
from assistant.logs import log
from assistant.settings import settings
from assistant.workspace.models import Registry
from assistant.workspace.references import new_version_of
from knowledge.atomic import write_atomically


def run(work: Work) -> dict[str, Any]:
    """Train as the spec says (see ``tools.finetune.spec.FinetuneSpec``) and register the model.

    An earlier attempt may have died at any line of this: its checkpoints are in the job's folder, its finished
    training is told by ``result.json``, and entering a model twice for the same job is harmless.

    Returns:
        The contract's ``finetune`` result.
    """
    finished = work.folder / "result.json"
    if not finished.exists():
        write_atomically(finished, json.dumps(_train(work)))
    kept = json.loads(finished.read_text())
    result = _enter(Registry(work.database, work.home), kept["result"], Path(kept["folder"]), work)
    shutil.rmtree(work.folder / "work", ignore_errors=True)  # checkpoints are several times the model's size
    return {"job": work.id, **result}


def _train(work: Work) -> dict[str, Any]:
    from tools.finetune.run import train
    from tools.finetune.spec import FinetuneSpec

    registry = Registry(work.database, work.home)
    spec = FinetuneSpec.from_dict(work.spec)
    if known := new_version_of(spec.name):
        spec = replace(spec, name=known)
    elif spec.name in registry.names():  # another job has taken the name since this one was queued
        spec = replace(spec, name=registry.free_name(spec.name))
    if spec.cache is None:
        spec = replace(spec, cache=work.home.cache)  # else a base would be downloaded for each job anew
    folder = work.home.models / f"{spec.name}-{work.id}"
    workdir, chosen = work.folder / "work", settings()
    _take_less(work)
    if chosen.ray_address and chosen.ray_workers > 1:
        from assistant.jobs.runners.ray_train import train_together

        result = train_together(work, spec, folder, workdir)
    else:
        result = train(spec, folder, workdir, work.progress)
    _draw(folder)
    return {"result": result, "folder": str(folder)}


def _take_less(work: Work) -> None:
    """Smaller parts of batches, where the last attempt was killed: the same again would be killed again."""
    killed = work.folder / SHORT_OF_MEMORY
    if killed.exists():
        from tools.finetune.parts import halve

        halve(work.folder / "work")
        killed.unlink()


def _draw(folder: Path) -> None:
    """Heat maps for the report; a model without them is a model too."""
    from tools.explain.report import add_heat_maps

    try:
        add_heat_maps(folder)
    except Exception:  # whatever captum or torch make of an unusual model
        log().warning("no heat maps in the report", folder=folder.name, exc_info=True)


def _enter(registry: Registry, result: dict[str, Any], folder: Path, work: Work) -> dict[str, Any]:
    further = new_version_of(work.spec["name"]) is not None
    try:
        entry = registry.add(result, folder, work.id, work.spec, further)
    except Conflict:  # taken while we trained
        free = result | {"model": registry.free_name(result["model"])}
        entry = registry.add(free, folder, work.id, work.spec)
    return result | {"model": entry.ref}
