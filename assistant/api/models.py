"""``/v1/models``: what can be asked by name."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from assistant.access.principal import Principal
from assistant.api.auth import App, Approver, Reader
from assistant.application import Application
from assistant.errors import Forbidden, Missing
from assistant.workspace.references import read
from assistant.workspace.traffic import Route
from tools.errors import NotFound, did_you_mean
from tools.workspace import ModelEntry

router = APIRouter(prefix="/v1/models", tags=["models"])

ASSISTANT = "assistant"
EMBEDDER = "minilm"
EMBEDDER_NAMES = {EMBEDDER, "all-minilm-l6-v2", "sentence-transformers/all-minilm-l6-v2"}
BUILT_IN = {ASSISTANT, *EMBEDDER_NAMES}
VERSION = "X-Model-Version"  # header of an answer: which version gave it
RELEASED = 1_735_689_600  # the built-in models have no date of their own: 1 January 2025


class Model(BaseModel):
    """A model that answers requests."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "startup-assistant"
    task: str
    base: str | None = None
    metrics: dict[str, Any] | None = None


class DeletedModel(BaseModel):
    """A model that is gone with all its versions, or the one version that was named."""

    id: str
    object: Literal["model"] = "model"
    deleted: bool = True


class ModelList(BaseModel):
    """All models that answer requests."""

    object: Literal["list"] = "list"
    data: list[Model]


def seconds(moment: str | None) -> int | None:
    """A stored moment (ISO 8601) as seconds since the epoch."""
    return int(datetime.fromisoformat(moment).timestamp()) if moment else None


def deployed(app: Application, name: str) -> ModelEntry:
    """The registry entry of a model in service, or of a version of it that is.

    Raises:
        Missing: there is none of that name, or it is not deployed.
    """
    return route(app, name, "").entry


def route(app: Application, name: str, key: str) -> Route:
    """The version that answers a request: see :meth:`assistant.workspace.traffic.Traffic.route`.

    Args:
        app: the application.
        name: the model asked for.
        key: what tells callers apart (see :func:`caller_key`).

    Raises:
        Missing: there is none of that name, or it is not deployed.
    """
    wanted = read(name)
    try:
        found = app.traffic.route(name, key)
    except NotFound as error:
        if wanted.which is not None and app.registry.knows(name):
            raise _missing(error.message, error.hint) from None
        if wanted.name in BUILT_IN:
            where = "/v1/embeddings" if wanted.name in EMBEDDER_NAMES else "/v1/chat/completions"
            raise _missing(f"{name} does not do that.", f"Ask it at {where}.") from None
        in_service = [ASSISTANT, EMBEDDER, *(each.name for each in _in_service(app))]
        raise _missing(f"There is no model named {name}.", did_you_mean(name, in_service)) from None
    entry = found.entry
    if wanted.which is None and found.split is None and entry.status != "deployed":
        raise _missing(f"{entry.name} is not deployed.", f"Deploy it first: assistant deploy {entry.name}.")
    if wanted.which is not None and not (entry.aliases or _is_tried(app, entry)):
        raise _missing(
            f"{wanted} is not in service.",
            f"Give it an alias first: assistant models promote {entry.ref} --alias staging.",
        )
    return found


def caller_key(who: Principal, user: str | None, request: str) -> str:
    """What tells callers apart where a model's traffic is split.

    A key is a service of the team's with many people behind it, so the same key does not mean the same person.

    Args:
        who: whose key or session it is.
        user: the end user, as the service names them.
        request: the text asked about, by which those requests are divided that name nobody.
    """
    if user:
        return f"user {user}"
    return f"text {request}" if who.key_id else f"person {who.user_id}"


def _is_tried(app: Application, entry: ModelEntry) -> bool:
    split = app.splits.running(entry.name)
    return split is not None and split.other == entry.version


def _missing(message: str, hint: str) -> Missing:
    error = Missing(message, hint, param="model")
    error.code = "model_not_found"
    return error


def _in_service(app: Application) -> list[ModelEntry]:
    return [entry for entry in app.registry.all() if entry.status == "deployed"]


def _shown(entry: ModelEntry, name: str | None = None) -> Model:
    return Model(
        id=name or entry.name,
        created=seconds(entry.created_at) or RELEASED,
        task=entry.task,
        base=entry.base,
        metrics=entry.metrics,
    )


def _built_in() -> list[Model]:
    return [
        Model(id=ASSISTANT, created=RELEASED, task="assistant"),
        Model(id=EMBEDDER, created=RELEASED, task="embedding"),
    ]


@router.get("")
def list_models(app: App, _caller: Reader) -> ModelList:
    """The assistant, the embedding model, and the fine-tuned models in service."""
    return ModelList(data=[*_built_in(), *(_shown(entry) for entry in _in_service(app))])


@router.get("/{model:path}")
def retrieve_model(model: str, app: App, _caller: Reader) -> Model:
    """One model by its name, or a version of it (``router@2``, ``router@staging``)."""
    wanted = EMBEDDER if model.lower() in EMBEDDER_NAMES else model.lower()
    for each in _built_in():
        if each.id == wanted:
            return each
    return _shown(deployed(app, model), str(read(model)))


@router.delete("/{model}")
def delete_model(model: str, app: App, who: Approver) -> DeletedModel:
    """Delete a fine-tuned model, or one version of it; refused (409) while it is in service."""
    if model.lower() in BUILT_IN:
        raise Forbidden(
            f"{model} is built in and stays.", "Delete models that were fine-tuned here.", "model"
        )
    app.workspace(who).delete(model)
    return DeletedModel(id=str(read(model)))
