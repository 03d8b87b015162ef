"""Trying learning rates and epochs within a given time: Optuna proposes (by its TPE sampler), validation decides.

The settings that would be used without a search are tried first, so the result is never worse by the validation rows.
"""

import contextlib
import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tools.errors import BadData, WorkFailed
from tools.finetune import ranks
from tools.finetune.task import Outcome, Run, Task

MOST = 40  # trials
WIDTH = 4.0  # the learning rate is searched between a fourth and four times the usual one
BEST, PARAMS = "best.json", "params.json"
Plan = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """One setting that was tried; ``score`` is the validation rows', None where the training diverged."""

    learning_rate: float
    epochs: int
    score: float | None
    seconds: float

    @property
    def params(self) -> dict[str, Any]:
        """As Optuna knows them."""
        return {"learning_rate": self.learning_rate, "epochs": self.epochs}


def train(run: Run, task: Task) -> tuple[Outcome, Plan]:
    """Train several times, and leave the best model in ``run.staging``.

    A run that is called again goes on with the trials it has in ``run.workdir``.

    Args:
        run: its spec says for how many minutes; its plan where the search begins.
        task: what is trained.

    Returns:
        What the best trial brought, and the plan with its settings.

    Raises:
        WorkFailed: no trial could be trained.
        Released: in all processes of a group but the first.
    """
    if ranks.rank():
        _help(run, task)
    done = _read(run.workdir)
    study, spent = _study(run, done), sum(trial.seconds for trial in done)
    while len(done) < MOST and _time_for_one_more(done, spent, 60 * float(run.spec.search or 0)):
        asked = study.ask(_space(run.plan))
        params = _begun(run.workdir, len(done) + 1) or asked.params
        ranks.agree(lambda: (f"trial-{len(done) + 1}", params))  # noqa: B023 - called at once
        done.append(_try(run, task, params, done))
        spent += done[-1].seconds
        _tell(study, asked, done[-1])
        _write(run.workdir / "search.json", [asdict(trial) for trial in done])
    ranks.agree(lambda: None)
    if not (run.workdir / "best").exists():
        raise WorkFailed("No setting could be trained.", "Give a smaller learning rate.")
    shutil.rmtree(run.staging)
    shutil.copytree(run.workdir / "best", run.staging)
    kept = json.loads((run.staging / BEST).read_text())
    (run.staging / BEST).unlink()
    outcome = Outcome(**kept["outcome"])
    outcome.evaluation["search"] = [asdict(trial) for trial in done]
    if len(done) == 1:
        outcome.warnings.append(
            "The time was enough for one setting, the usual one: nothing was compared. Search for longer."
        )
    return outcome, run.plan | kept["params"]


def _help(run: Run, task: Task) -> None:
    """Train along in the trials of the group's first process, until there are no more."""
    while trial := ranks.heard():
        one = replace(run, plan=run.plan | trial[1], workdir=run.workdir / trial[0])
        with contextlib.suppress(ranks.Released, WorkFailed):
            task.train(one)
    ranks.release()


def _time_for_one_more(done: list[Trial], spent: float, budget: float) -> bool:
    """Whether a trial as long as the longest still fits; the first always does."""
    return not done or spent + max(trial.seconds for trial in done) <= budget


def _space(plan: Plan) -> dict[str, Any]:
    from optuna.distributions import FloatDistribution, IntDistribution

    rate, epochs = plan["learning_rate"], max(1, round(plan["epochs"]))
    return {
        "learning_rate": FloatDistribution(rate / WIDTH, rate * WIDTH, log=True),
        "epochs": IntDistribution(max(1, epochs // 2), 2 * epochs),
    }


def _study(run: Run, done: list[Trial]) -> Any:
    """A study that knows the trials that are done, and begins with the usual settings."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=run.spec.seed + len(done), n_startup_trials=4)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    space = _space(run.plan)
    for trial in done:
        state = optuna.trial.TrialState.COMPLETE if trial.score is not None else optuna.trial.TrialState.FAIL
        study.add_trial(
            optuna.trial.create_trial(
                params=trial.params, distributions=space, value=trial.score, state=state
            )
        )
    if not done:
        usual = {"learning_rate": run.plan["learning_rate"], "epochs": max(1, round(run.plan["epochs"]))}
        study.enqueue_trial(usual)
    return study


def _tell(study: Any, asked: Any, trial: Trial) -> None:
    from optuna.trial import TrialState

    if trial.score is None:
        study.tell(asked, state=TrialState.FAIL)
    else:
        study.tell(asked, trial.score)


def _try(run: Run, task: Task, params: dict[str, Any], done: list[Trial]) -> Trial:
    """Train once with some settings; the model becomes the best one if it is."""
    began = time.monotonic()
    place = run.workdir / f"trial-{len(done) + 1}"
    # What a run finds out before it trains (a frozen encoder's figures) holds for the next one too.
    _share(run.workdir / "trial-1", place)
    one = replace(run, plan=run.plan | params, workdir=place, staging=place / "model")
    shutil.rmtree(one.staging, ignore_errors=True)
    one.staging.mkdir(parents=True)
    _write(place / PARAMS, params)
    run.report.tell(
        f"Trial {len(done) + 1}: learning rate {params['learning_rate']:.2g}, {params['epochs']} epochs"
    )
    try:
        outcome = task.train(one)
        score: float | None = _score(place)
    except WorkFailed:
        outcome, score = None, None
    if (
        outcome
        and score is not None
        and score > max((t.score for t in done if t.score is not None), default=-1e9)
    ):
        _write(one.staging / BEST, {"outcome": asdict(outcome), "params": params})
        shutil.rmtree(run.workdir / "best", ignore_errors=True)
        one.staging.rename(run.workdir / "best")
    for folder in ("checkpoints", "model"):
        shutil.rmtree(place / folder, ignore_errors=True)
    return Trial(params["learning_rate"], params["epochs"], score, round(time.monotonic() - began, 2))


def _share(source: Path, target: Path) -> None:
    """Copy the single files of another trial's folder."""
    target.mkdir(parents=True, exist_ok=True)
    if source == target or not source.is_dir():
        return
    for file in source.iterdir():
        if file.is_file() and file.name != PARAMS and not (target / file.name).exists():
            shutil.copy2(file, target / file.name)


def _score(place: Path) -> float:
    """The best validation score of a trial, as the training loop noted it."""
    from tools.finetune.fit import CHECKPOINTS

    try:
        note = json.loads((place / CHECKPOINTS / "best.json").read_text())
    except OSError as error:
        raise BadData(
            "There are too few rows to hold some out, so settings cannot be compared.", "Leave --search out."
        ) from error
    return float(note["score"]) - 1e-4 * float(
        note["loss"]
    )  # among few rows, the loss decides between equals


def _read(workdir: Path) -> list[Trial]:
    try:
        return [Trial(**trial) for trial in json.loads((workdir / "search.json").read_text())]
    except (OSError, ValueError):
        return []


def _begun(workdir: Path, number: int) -> dict[str, Any] | None:
    """The settings of a trial that was interrupted: its checkpoints fit no others."""
    try:
        return dict(json.loads((workdir / f"trial-{number}" / PARAMS).read_text()))
    except (OSError, ValueError):
        return None


def _write(file: Path, value: Any) -> None:
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(value))
    partial.replace(file)
