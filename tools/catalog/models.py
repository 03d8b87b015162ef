"""Tools that measure, try, explain and serve the team's models."""

from typing import Any

from tools.catalog.registry import tool
from tools.errors import BadArgument
from tools.listening import tell
from tools.serving.engines.kept import check as check_engine
from tools.serving.routes import route_of
from tools.workspace import Workspace


@tool(risk="read")
def list_models(workspace: Workspace) -> dict[str, Any]:
    """List the fine-tuned models with task, quality and whether they are deployed."""
    return {"models": [entry.as_dict() for entry in workspace.models()]}


@tool(risk="act")
def evaluate_model(workspace: Workspace, model: str, dataset: str | None = None) -> dict[str, Any]:
    """Measure a model: on a dataset, or as it was measured after training on held-out rows.

    Args:
        model: the model's name.
        dataset: an uploaded file (or ``hf:owner/name``) with what the model should say; the held-out rows of its
            training where left out.
    """
    from tools.serving.evaluate import COMPARED, evaluate, stored_evaluation

    entry = workspace.model(model)
    if dataset is None:
        return {"model": model, **stored_evaluation(entry.path)}
    if entry.task in COMPARED:
        made: dict[str, Any] = {"report": workspace.artifact("report", f"{model} on {dataset}", ".html")}
    else:
        made = {
            "picture": workspace.artifact(
                "confusion-matrix", f"Confusion matrix of {model} on {dataset}", ".png"
            )
        }
    data, bases = workspace.dataset(dataset), workspace.base_model
    result = evaluate(workspace.predictor(model), entry.info, data, bases=bases, progress=tell, **made)
    return {"model": model, "dataset": dataset, **result}


@tool(risk="read")
def compare_models(workspace: Workspace, models: list[str]) -> dict[str, Any]:
    """Compare models side by side: quality, method, size and time.

    Args:
        models: two or more model names.
    """
    from tools.serving.evaluate import compare

    return compare([workspace.model(name) for name in models])


def _preview_deploy(workspace: Workspace, model: str, engine: str | None = None) -> dict[str, Any]:
    check_engine(engine)
    entry = workspace.model(model)
    about = f"Deploy {entry.ref}: it will answer at POST {route_of(entry.task)}."
    if entry.status == "deployed":
        newer = f"; {entry.name}@{entry.newest} is newer" if entry.newest > entry.version else ""
        about = f"Deploy {entry.ref}, which is in service already{newer}."
    return {
        "summary": f"{about} {engine} computes it." if engine else about,
        "model": entry.ref,
        "task": entry.task,
        "status": entry.status,
        "metrics": entry.metrics,
    }


def _preview_undeploy(workspace: Workspace, model: str) -> dict[str, Any]:
    entry = workspace.model(model)
    return {"summary": f"Stop serving {entry.ref}; callers will get an error.", "model": entry.ref}


@tool(risk="approve", preview=_preview_deploy)
def deploy_model(workspace: Workspace, model: str, engine: str | None = None) -> dict[str, Any]:
    """Put a model into service behind the API.

    Args:
        model: the model's name; of several versions one is named as ``name@2``.
        engine: what computes it: auto (the best when measured), torch, openvino, int8 or onnx; only where the user
            names one.
    """
    check_engine(engine)
    return workspace.deploy(model, engine).as_dict()


@tool(risk="approve", preview=_preview_undeploy)
def undeploy_model(workspace: Workspace, model: str) -> dict[str, Any]:
    """Take a model out of service.

    Args:
        model: the model's name.
    """
    return workspace.undeploy(model).as_dict()


@tool(risk="act")
def benchmark_model(workspace: Workspace, model: str) -> dict[str, Any]:
    """Measure how fast a model answers: requests per second, latencies, and a picture of both.

    Args:
        model: the model's name.
    """
    from tools.serving.bench import bench

    picture = workspace.artifact("speed", f"How fast {model} answers", ".png")
    return {"model": model, **bench(workspace.predictor(model), picture=picture)}


@tool(risk="read")
def predict(workspace: Workspace, model: str, text: str) -> dict[str, Any]:
    """Run a model on one text.

    Args:
        model: the model's name.
        text: the text to classify, complete or embed; for a model that reads pictures the name of an upload.
    """
    from tools.explain.explain import subject

    predictor = workspace.predictor(model)
    return {
        "model": model,
        "text": text,
        "predictions": predictor.predict([subject(workspace, predictor, text)]),
    }


@tool(risk="read")
def explain_prediction(
    workspace: Workspace,
    model: str,
    text: str | None = None,
    target: str | None = None,
    versus: str | None = None,
    other: str | None = None,
    dataset: str | None = None,
) -> dict[str, Any]:
    """Explain a model: on a text which words drove its prediction and what would turn it, or as a whole over a dataset.

    Args:
        model: the model's name.
        text: the text whose prediction is asked about; for a model that reads pictures the name of an upload.
        target: the label to explain in place of the predicted one; for entities their words or kind.
        versus: a second model, explained on the same text.
        other: for an embedding model, the text to compare with.
        dataset: in place of a text, to explain a text classifier as a whole (the words that drive each label, what it
            confuses, where it is weak): an uploaded file (or ``hf:owner/name``) of texts with labels, or ``held-out``
            for the held-out rows of its training.
    """
    from tools.explain.explain import fits_together
    from tools.explain.whole import explain_whole

    if bool(text) == bool(dataset):
        raise BadArgument(
            "A text and a dataset are not explained together." if text else "There is no text.",
            "Give a text, or a dataset to explain the model as a whole.",
            param="text",
        )
    fits_together(1 if text else 0, versus, other, target=target)
    if dataset:
        return explain_whole(workspace, model, dataset)
    return _explained(workspace, model, str(text), target, versus, other)


def _explained(
    workspace: Workspace, model: str, text: str, target: str | None, versus: str | None, other: str | None
) -> dict[str, Any]:
    from tools.explain.explain import explain, subject, without_picture
    from tools.explain.versus import versus as side_by_side

    predictor = workspace.predictor(model)
    read = subject(workspace, predictor, text)
    if versus:
        second = workspace.predictor(versus)
        found = side_by_side(predictor, second, read, target=target, names=(model, versus))
    else:
        turned = predictor.task == "text-classification" and target is None
        found = explain(predictor, read, target=target, other=other, counterfactual=turned)
    shown = {"artifacts": [_drawn(workspace, found, text)]} if "picture" in found else {}
    return {**without_picture(found), "model": model, "text": text, **shown}


def _drawn(workspace: Workspace, found: dict[str, Any], name: str) -> dict[str, str]:
    """The heat map as a file: the language model that reads the result has no use for it."""
    import base64

    title = f"What spoke for {found['target']} in {name}"
    path = workspace.artifact("heat-map", title, ".png")
    path.write_bytes(base64.b64decode(found["picture"].partition(",")[2]))
    return {"kind": "heat-map", "path": str(path), "title": title}
