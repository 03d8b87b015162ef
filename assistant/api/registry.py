"""``/v1/registry``: the fine-tuned models with their versions, as ``assistant models`` shows and changes them.

Calling a route that changes something is the approval that the chat would ask for. Models are named as everywhere:
``router``, ``router@2``, ``router@staging``.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from assistant.api.auth import App, Approver, Reader
from assistant.api.fields import Body, Name
from assistant.api.lanes import in_turn
from assistant.workspace.models import deleted
from assistant.workspace.references import PRODUCTION
from tools.wanted import to_its_end
from tools.workspace import ModelEntry

router = APIRouter(prefix="/v1/registry/models", tags=["registry"])
Named = Annotated[
    str,
    InPath(max_length=255, description="A model, or one of its versions.", examples=["router", "router@2"]),
]
HERE = ("report",)  # of a version's info: a path on the server


class Version(BaseModel):
    """A version of a model. ``status`` is deployed where the plain name means it for the API's callers."""

    name: str
    version: int
    newest: int
    aliases: list[str]
    task: str
    base: str
    method: str
    status: Literal["ready", "deployed"]
    metrics: dict[str, Any]
    info: dict[str, Any]
    engine: dict[str, Any] | None
    created_at: str


class VersionList(BaseModel):
    """All fine-tuned models, newest first: of each the version in production, or else the newest."""

    models: list[Version]


class Event(BaseModel):
    """Something that was done with a version."""

    version: int | None
    action: str
    details: dict[str, Any] | None
    user_id: str | None
    created_at: str


class Described(Version):
    """A version with what it was made from, all versions of its name, and what was done with them, latest first."""

    lineage: dict[str, Any]
    versions: list[Version]
    history: list[Event]


class Gone(Version):
    """The last of the versions that were deleted, and all of them."""

    status: Literal["deleted"]  # type: ignore[assignment]
    deleted: list[str]


class Latency(BaseModel):
    """Milliseconds for a request; None before there was one."""

    mean: float | None
    p50: float | None
    p95: float | None


class Side(BaseModel):
    """How one of two versions does."""

    version: int
    requests: int
    failed: int
    confidence: float | None
    latency_ms: Latency
    labels: dict[str, int]


class SplitResults(BaseModel):
    """How two versions do side by side, in the split under way or the last one."""

    name: str
    status: Literal["running", "ended", "none"]
    version: int | None = None
    other: int | None = None
    share: float | None = None
    shadow: bool | None = None
    started_at: str | None = None
    ended_at: str | None = None
    sides: list[Side] = []
    compared: int = 0
    agreement: float | None = None
    dropped: int = 0


class PromoteRequest(Body):
    """Which alias shall mean the version, ``production`` being what the plain name answers with, and what computes it.

    ``engine`` is the best one when measured where it is ``auto``, and stays what it is where it is left out.
    """

    alias: Annotated[Name, Field(examples=["production", "staging"])] = PRODUCTION
    engine: Literal["auto", "torch", "openvino", "int8", "onnx"] | None = None


class SplitRequest(Body):
    """Which version is tried beside the one in production: for a share of the callers, or reading along."""

    to: Annotated[
        Name | None, Field(description="the one that is tried already where left out", examples=["router@3"])
    ] = None
    share: Annotated[float | None, Field(description="percent of the callers", examples=[10])] = None
    shadow: bool = False


def _shown(entry: ModelEntry) -> dict[str, Any]:
    return _public(entry.as_dict())


def _public(shown: dict[str, Any]) -> dict[str, Any]:
    return {**shown, "info": {key: value for key, value in shown["info"].items() if key not in HERE}}


@router.get("", response_model=VersionList)
def list_registry(app: App, _caller: Reader) -> dict[str, Any]:
    """All fine-tuned models, deployed or not, as ``assistant models list`` shows them."""
    return {"models": [_shown(entry) for entry in app.registry.all()]}


@router.get("/{model}", response_model=Described)
def describe_model(model: Named, app: App, _caller: Reader) -> dict[str, Any]:
    """One model with lineage, versions and history, as ``assistant models show`` does."""
    found = _public(app.registry.described(model))
    return {**found, "versions": [_public(each) for each in found["versions"]]}


@router.delete("/{model}", response_model=Gone)
def delete_model(model: Named, app: App, who: Approver) -> dict[str, Any]:
    """Delete a model with all its versions, or the one version that is named; refused (409) while it is in service."""
    return _public(deleted(app.workspace(who).delete(model)))


@router.post("/{model}/promote", response_model=Version, dependencies=[Depends(in_turn("promote"))])
def promote_version(
    model: Named, app: App, who: Approver, body: PromoteRequest | None = None
) -> dict[str, Any]:
    """Put a version into service in place of the one before, or give it an alias. It is loaded first.

    Once begun it is done, also where the client does not wait for it.
    """
    wanted = body or PromoteRequest()
    with to_its_end():
        return _shown(app.workspace(who).promote(model, wanted.alias, wanted.engine))


@router.post("/{model}/rollback", response_model=Version)
def rollback_model(model: Named, app: App, who: Approver) -> dict[str, Any]:
    """Put the version back into production that was there before; refused (409) where there was none."""
    return _shown(app.workspace(who).rollback(model))


@router.post("/{model}/undeploy", response_model=Version)
def undeploy_model(model: Named, app: App, who: Approver) -> dict[str, Any]:
    """Take a model, or the version or alias that is named, out of service."""
    return _shown(app.workspace(who).undeploy(model))


@router.get("/{model}/split", response_model=SplitResults)
def split_results(model: Named, app: App, _caller: Reader) -> dict[str, Any]:
    """How the two versions do that answer a model's callers side by side."""
    return app.splits.results(model)


@router.post("/{model}/split", response_model=SplitResults)
def split_traffic(model: Named, body: SplitRequest, app: App, who: Approver) -> dict[str, Any]:
    """Try another version on a share of the callers, or let it read along with what the one in production answers."""
    return app.workspace(who).split(model, body.to, body.share, body.shadow)


@router.delete("/{model}/split", response_model=SplitResults)
def end_split(model: Named, app: App, who: Approver) -> dict[str, Any]:
    """Let the version in production answer everybody again."""
    return app.workspace(who).end_split(model)
