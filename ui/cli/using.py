"""Commands over a fine-tuned model: predict, evaluate, explain, deploy, undeploy, bench; and what to begin with."""

from typing import Annotated, Any, Literal

import typer

from ui.cli import models
from ui.cli.command import command
from ui.cli.explain import explain, shown
from ui.cli.opened import dataset, lines, opened, workspace
from ui.cli.output import Running, duration, facts, note, plain, table

Model = Annotated[
    str, typer.Argument(help="The model's name; one version as NAME@2 or NAME@ALIAS.", metavar="MODEL")
]
Engine = Literal["auto", "torch", "openvino", "int8", "onnx"]


def enter(app: typer.Typer) -> None:
    """Enter the commands."""
    command(app, show=_recommended)(recommend)
    command(app, show=_predicted)(predict)
    command(app, show=_evaluated)(evaluate)
    command(app, show=shown)(explain)
    command(app, show=models.shown)(deploy)
    command(app, show=models.shown)(undeploy)
    command(app, show=_benched)(bench)


def recommend(
    task: Annotated[str | None, typer.Option(help="For example text-classification.")] = None,
    data: Annotated[
        str | None, typer.Option(help="A file, the name of an upload, or hf:owner/name.", metavar="FILE")
    ] = None,
) -> dict[str, Any]:
    """Base models and methods for a task or a dataset, best first, with the time each would take here."""
    with opened() as application:
        from tools.finetune.recommend import recommend as candidates

        known = workspace(application)
        path = known.dataset(dataset(application, data)) if data else None
        return candidates(task=task, data=path)


def _recommended(result: dict[str, Any]) -> str:
    rows = [{**each, "time": duration(each["estimated_seconds"])} for each in result["candidates"]]
    columns = {"model": "model", "method": "method", "time": "about", "fits": "fits here", "why": "why"}
    notes = "".join(f"\n! {each}" for each in result.get("notes", []))
    return f"{result['task']}\n\n{table(rows, columns, 'Nothing fits.')}{notes}"


def predict(
    model: Model,
    texts: Annotated[
        list[str], typer.Argument(help="The texts; - reads lines from stdin.", metavar="TEXT...")
    ],
) -> dict[str, Any]:
    """Run a model on texts."""
    with opened() as application:
        predictor = workspace(application).predictor(model)
        return {"predictions": predictor.predict(lines(texts))}


def _predicted(result: dict[str, Any]) -> str:
    return "\n".join(_prediction(each) for each in result["predictions"])


def _prediction(found: dict[str, Any]) -> str:
    if "text" in found:
        return str(found["text"])
    if "entities" in found:
        return (
            plain([f"{each.get('text', '')} ({each.get('entity', '')})" for each in found["entities"]]) or "–"
        )
    if "embedding" in found:
        return plain(found["embedding"])
    if "labels" in found:
        return plain([f"{found['scores'][label]:.3f}  {label}" for label in found["labels"]]) or "–"
    return f"{found['score']:.3f}  {found['label']}"


def evaluate(
    model: Model,
    data: Annotated[
        str | None,
        typer.Option(
            help="A file with what the model should say; the held-out rows of the training where left out.",
            metavar="FILE",
        ),
    ] = None,
) -> dict[str, Any]:
    """Measure a model on new data; models that give no labels beside their bases."""
    with opened() as application:
        from tools.serving.evaluate import evaluate as measure
        from tools.serving.evaluate import stored_evaluation

        known = workspace(application)
        entry = known.model(model)
        if data is None:
            return stored_evaluation(entry.path)
        path = known.dataset(dataset(application, data))
        report = known.artifact("report", f"{entry.name} on {path.name}", ".html")
        predictor, bases = known.predictor(model), known.base_model
        with Running() as running:
            result = measure(
                predictor,
                entry.info,
                path,
                report=report,
                bases=bases,
                progress=lambda now: running.count(now.step, now.steps, now.message),
            )
        for each in result.get("artifacts", []):
            application.artifacts.record(each["kind"], each["title"], each["path"], known.principal.user_id)
        return result


def _evaluated(result: dict[str, Any]) -> str:
    rows = [{"label": label, **values} for label, values in (result.get("per_class") or {}).items()]
    columns = {name: name for name in dict.fromkeys(key for row in rows for key in row)}
    classes = f"\n\n{table(rows, columns, '')}" if rows else ""
    warnings = "".join(f"\n! {each}" for each in result.get("warnings") or [])
    measures = f"{_beside(result)}\n\n" if result.get("baseline") else ""
    told = {} if measures else result["metrics"]
    shown = f"\n\n{_examples(result['examples'])}" if result.get("examples") else ""
    return measures + facts({**told, "report": result.get("report")}) + classes + shown + warnings


def _examples(rows: list[dict[str, Any]]) -> str:
    """Some of what it said or found, cut to what fits a line."""
    short = [{name: plain(value)[:40] for name, value in row.items()} for row in rows[:5]]
    return table(short, {name: name for name in short[0]}, "")


def _beside(result: dict[str, Any]) -> str:
    """The measures beside those of what needs no training, on the same rows."""
    others = {name: each for name, each in result["baseline"].items() if isinstance(each, dict)}
    sides = {"this model": result["metrics"], **others}
    rows = [
        {"measure": name, **{side: values.get(name) for side, values in sides.items()}}
        for name in result["metrics"]
    ]
    return table(rows, {key: key.replace("_", " ") for key in ("measure", *sides)}, "")


def deploy(
    model: Model,
    engine: Annotated[
        Engine | None,
        typer.Option(
            help="What computes it: the best when measured (auto), or always this one. As it is where left out."
        ),
    ] = None,
) -> dict[str, Any]:
    """Put a model into service behind the API."""
    with opened() as application:
        entry = workspace(application).deploy(model, engine)
        models.tell_engine(entry, model, wished=engine is not None)
        if entry.newest > entry.version and "@" not in model:
            newer = f"{entry.name}@{entry.newest}"
            note(f"{entry.pinned} is in service. {newer} is newer: assistant models promote {newer}.")
        return entry.as_dict()


def undeploy(model: Model) -> dict[str, Any]:
    """Take a model out of service."""
    with opened() as application:
        return workspace(application).undeploy(model).as_dict()


def bench(
    model: Model,
    concurrency: Annotated[int, typer.Option(help="Callers at once.")] = 8,
    requests: Annotated[int, typer.Option(help="Requests in all.")] = 200,
) -> dict[str, Any]:
    """How fast a model answers under load."""
    with opened() as application:
        from tools.serving.bench import bench as measure

        known = workspace(application)
        picture = known.artifact("speed", f"How fast {model} answers", ".png")
        result = measure(known.predictor(model), concurrency=concurrency, requests=requests, picture=picture)
        for each in result.pop("artifacts"):
            application.artifacts.record(each["kind"], each["title"], each["path"], known.principal.user_id)
        return result


def _benched(result: dict[str, Any]) -> str:
    return facts(
        {
            "requests per second": result["requests_per_second"],
            "latency (ms)": result["latency_ms"],
            "tokens per second": result["tokens_per_second"],
            "picture": result["picture"],
        }
    )
