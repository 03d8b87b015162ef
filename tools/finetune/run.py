"""One fine-tuning run from wish to model folder; called again after a death it goes on where it was."""

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import MISSING, fields, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.errors import BadArgument, BadData
from tools.finetune import ranks, search, space
from tools.finetune.bases import base_folder
from tools.finetune.personal import personal
from tools.finetune.plan import make_plan
from tools.finetune.progress import Callback, Progress, Reporter, Stopwatch
from tools.finetune.spec import FinetuneSpec
from tools.finetune.task import Outcome, Run, find_task

# Options that the wish of an earlier program's run may lack.
USUAL = {field.name: field.default for field in fields(FinetuneSpec) if field.default is not MISSING}
# Rows of rare labels count more, vectors are made as the base makes them. Plans of earlier programs lack these, and
# their runs end as they began: scores of two kinds do not tell which weights are best.
WAYS = {"weighted": True, "own_pooling": True}


def train(spec: FinetuneSpec, output: Path, workdir: Path, progress: Callback) -> dict[str, Any]:
    """Fine-tune a model; in all processes of a group at once (``tools.finetune.ranks``), where there is one.

    Args:
        spec: the wish.
        output: the model folder to make; it appears whole or not at all.
        workdir: for checkpoints; the same folder again resumes the run.
        progress: told about progress, by the first process of a group; may raise ``tools.errors.Cancelled``.

    Returns:
        ``model``, ``task``, ``base``, ``method``, ``metrics``, ``baseline``, ``seconds``, ``trainable_parameters``,
        ``report`` (path), ``artifacts``, ``warnings``. In a group only the first process returns them.

    Raises:
        BadInput, NotFound, Unsupported: see :func:`tools.finetune.plan.make_plan`.
        OutOfSpace: the disk is full; the run can be resumed.
        Cancelled: from ``progress``.
        WorkFailed: the training failed.
    """
    ranks.join()
    finished = ranks.agree(lambda: _finished(output, workdir))
    if finished is not None:
        return finished
    output.parent.mkdir(parents=True, exist_ok=True)
    workdir.mkdir(parents=True, exist_ok=True)
    watch = Stopwatch(workdir / "seconds")
    report = Reporter((lambda _: None) if ranks.rank() else partial(_told, watch, progress))
    with contextlib.suppress(ranks.Released), space.guarded(workdir), space.guarded(output.parent):
        return _train(spec, output, workdir, report, watch)
    return {}


def _told(watch: Stopwatch, progress: Callback, now: Progress) -> None:
    watch.look()
    progress(now)


def _finished(output: Path, workdir: Path) -> dict[str, Any] | None:
    """The result of a run that has come to its end before."""
    done = workdir / "result.json"
    if output.exists():
        if done.exists():
            return json.loads(done.read_text())
        raise BadArgument(f"There is a model {output.name} already.", "Choose another name.", param="name")
    return None


def _train(
    spec: FinetuneSpec, output: Path, workdir: Path, report: Reporter, watch: Stopwatch
) -> dict[str, Any]:
    from transformers.utils import logging

    logging.disable_progress_bar()
    report.tell("Checking the data")
    plan = ranks.agree(lambda: _plan(spec, workdir))
    task = find_task(plan["task"])
    report.tell("Loading the base model")
    base = ranks.in_turn(lambda: base_folder(spec, task, convert=True, cache=workdir / "cache"))
    assert base is not None
    if plan["method"] == "head":
        ranks.release()  # one takes seconds for it
    with _staging(output) as staging:
        run = Run(spec, plan, base, workdir, staging, report)
        outcome, plan = search.train(run, task) if spec.search else (task.train(run), plan)
        ranks.release()
        result = _finish(run, plan, outcome, output, watch.look())
        _note(workdir / "result.json", result)
        staging.rename(output)
    for folder in (
        "checkpoints",
        "encoder",
        "supervised",
        "best",
        *(f.name for f in workdir.glob("trial-*")),
    ):
        shutil.rmtree(workdir / folder, ignore_errors=True)
    report.tell("Done")
    return result


@contextlib.contextmanager
def _staging(output: Path) -> Iterator[Path]:
    """An empty folder to fill, gone afterwards; whoever only helps gets one of its own that nobody looks at."""
    folder = Path(tempfile.mkdtemp()) if ranks.rank() else output.parent / f".{output.name}.partial"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _plan(spec: FinetuneSpec, workdir: Path) -> dict[str, Any]:
    """The plan of this run; a resumed run keeps the one it began with, if it is the same wish.

    Raises:
        BadData: the data is no longer what the run began with: it would learn from rows it had held out.
    """
    file = workdir / "plan.json"
    wish, sha256 = replace(spec, cache=None).as_dict(), sha256_of(spec.data)
    test = sha256_of(spec.test_data) if spec.test_data else None
    if file.exists():
        stored = json.loads(file.read_text())
        if USUAL | stored["spec"] | {"cache": None} == wish:
            plan = stored["plan"]  # one of an earlier program lacks these
            for path, now, then in (
                (spec.data, sha256, plan.get("data_sha256") or sha256),
                (spec.test_data, test, plan.get("test_sha256") or test),
            ):
                if path and now != then:
                    raise BadData(
                        f"{path.name} was changed since the training began.", "Start a new training."
                    )
            return plan | {"data_sha256": sha256, "test_sha256": test}
        shutil.rmtree(workdir)
        workdir.mkdir(parents=True)
    plan = make_plan(spec) | {"data_sha256": sha256, "test_sha256": test} | WAYS
    plan["warnings"] = plan["warnings"] + personal(spec, plan)
    _note(file, {"spec": wish, "plan": plan})
    return plan


def _note(file: Path, value: dict[str, Any]) -> None:
    """Write JSON whole or not at all."""
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(value, ensure_ascii=False))
    partial.replace(file)


def _finish(run: Run, plan: dict[str, Any], outcome: Outcome, output: Path, seconds: float) -> dict[str, Any]:
    """Metadata, card, pictures and report; returns the result with paths as they will be after the renaming."""
    from tools.finetune.baselines import worse
    from tools.finetune.continual import write_lineage
    from tools.finetune.report import write_report
    from tools.models.card import write_card, write_info
    from tools.privacy.reports import without_personal

    spec, staging = run.spec, run.staging
    outcome = replace(outcome, evaluation=without_personal(outcome.evaluation))
    head = "head" in find_task(plan["task"]).methods
    sha256 = plan["data_sha256"]
    warnings = worse(outcome.metrics, outcome.baseline, plan["method"], head)
    warnings += outcome.warnings + plan["warnings"]
    if sha256_of(spec.data) != sha256:
        warnings.append(
            f"{spec.data.name} was changed while the training ran; it began with an earlier content."
        )
    chosen = ["task", "base", "method", "text_column", "label_column", "rows"]
    if plan["method"] != "head":  # which has none of these
        chosen += ["epochs", "learning_rate", "batch_size"]
    result = {
        "model": spec.name,
        **{key: plan[key] for key in chosen},
        "metrics": outcome.metrics,
        "baseline": outcome.baseline,
        "seconds": round(seconds, 1),
        "trainable_parameters": outcome.trainable_parameters,
    }
    info = {
        "name": spec.name,
        **{key: value for key, value in result.items() if key != "model"},
        "warnings": warnings,
        "seed": spec.seed,
        "data_sha256": sha256,
        "program": version("startup-assistant"),
        **outcome.info,
    }
    (staging / "evaluation.json").write_text(_evaluation(outcome))
    write_info(staging, info)
    write_lineage(staging, spec, plan, sha256, run.base)
    write_card(staging, info)
    made = write_report(staging, info, outcome.evaluation)
    artifacts = [{**entry, "path": str(output / entry["path"])} for entry in made]
    report = next(entry["path"] for entry in artifacts if entry["kind"] == "report")
    more_found = {
        key: outcome.evaluation[key] for key in ("forgetting", "unlabeled") if outcome.evaluation.get(key)
    }
    return result | {"report": report, "artifacts": artifacts, "warnings": warnings} | more_found


def _evaluation(outcome: Outcome) -> str:
    """What ``evaluation.json`` holds: measures, and the report's name inside the folder."""
    whole = {
        "metrics": outcome.metrics,
        "baseline": outcome.baseline,
        **outcome.evaluation,
        "report": "report.html",
    }
    return json.dumps(whole, ensure_ascii=False)


def sha256_of(path: Path) -> str | None:
    """Of a data file's content; of the names and contents of a folder's files. None where there is nothing."""
    if path.is_dir():
        listed = [
            f"{file.relative_to(path)} {sha256_of(file)}"
            for file in sorted(path.rglob("*"))
            if file.is_file()
        ]
        return hashlib.sha256("\n".join(listed).encode(errors="surrogateescape")).hexdigest()
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
