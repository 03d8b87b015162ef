"""``/v1/models``: what can be asked by name."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from assistant.api.auth import App, Reader
from assistant.application import Application
from assistant.errors import Missing
from tools.errors import did_you_mean
from tools.workspace import ModelEntry

router = APIRouter(prefix="/v1/models", tags=["models"])

ASSISTANT = "assistant"
EMBEDDER = "minilm"
EMBEDDER_NAMES = {EMBEDDER, "all-minilm-l6-v2", "sentence-transformers/all-minilm-l6-v2"}
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


class ModelList(BaseModel):
    """All models that answer requests."""

    object: Literal["list"] = "list"
    data: list[Model]


def seconds(moment: str | None) -> int | None:
    """A stored moment (ISO 8601) as seconds since the epoch."""
    return int(datetime.fromisoformat(moment).timestamp()) if moment else None


def deployed(app: Application, name: str) -> ModelEntry:
    """The registry entry of a model in service.

    Raises:
        Missing: there is none of that name, or it is not deployed.
    """
    entries = {entry.name: entry for entry in app.registry.all()}
    entry = entries.get(name.strip().lower())
    if entry is None:
        in_service = [ASSISTANT, EMBEDDER, *(each.name for each in _in_service(app))]
        raise _missing(f"There is no model named {name}.", did_you_mean(name, in_service))
    if entry.status != "deployed":
        raise _missing(f"{entry.name} is not deployed.", f"Deploy it first: assistant deploy {entry.name}.")
    return entry


def _missing(message: str, hint: str) -> Missing:
    error = Missing(message, hint, param="model")
    error.code = "model_not_found"
    return error


def _in_service(app: Application) -> list[ModelEntry]:
    return [entry for entry in app.registry.all() if entry.status == "deployed"]


def _shown(entry: ModelEntry) -> Model:
    return Model(
        id=entry.name,
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
    """One model by its name."""
    wanted = EMBEDDER if model.lower() in EMBEDDER_NAMES else model.lower()
    for each in _built_in():
        if each.id == wanted:
            return each
    return _shown(deployed(app, model))
