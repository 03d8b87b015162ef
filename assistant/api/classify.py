"""``/v1/classify``: deployed classifiers, in vLLM's shape."""

import secrets
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from assistant.access.principal import Principal
from assistant.api.auth import App, Caller
from assistant.api.completion import Usage, tokens
from assistant.api.fields import MOST_TEXTS, Body, FreeText, Name, Text, listed, told_as
from assistant.api.models import VERSION, caller_key
from assistant.api.spending import spent
from assistant.api.waiting import answer, loaded, routed, unless_left
from assistant.application import Application
from assistant.errors import BadRequest
from assistant.workspace.references import read
from tools.serving.routes import CLASSIFY, route_of

router = APIRouter(prefix="/v1", tags=["models"])
IMAGES = "image-classification"


class ClassifyRequest(Body):
    """Texts to classify; for a model that reads pictures names or ids of uploads, for masked-lm texts with ``[MASK]``.

    ``user``, whatever names the caller's own user, keeps them on one side of a split.
    """

    model: Name
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=MOST_TEXTS)]
    user: FreeText | None = None


class Classified(BaseModel):
    """One text's label and the probability of every label; of masked-lm the likeliest words.

    ``entities`` says for token classification what was found where, ``labels`` what a model gives that may give
    several.
    """

    index: int
    label: str | None
    probs: dict[str, float]
    num_classes: int
    labels: list[str] | None = None
    entities: list[dict[str, Any]] | None = None


class Classification(BaseModel):
    """One result for each text, in order."""

    id: str
    object: Literal["list"] = "list"
    created: int
    model: str
    data: list[Classified]
    usage: Usage


@router.post("/classify", response_model=Classification, response_model_exclude_none=True)
async def classify(body: ClassifyRequest, request: Request, app: App, caller: Caller) -> Response:
    """Classify one text or many with a deployed model."""
    given = texts = listed(body.input)
    way = await routed(app, body.model, caller_key(caller, body.user, "\n".join(texts)))
    entry = way.entry
    if route_of(entry.task) != CLASSIFY:
        raise BadRequest(
            f"{entry.name} is a model for {entry.task} and does not classify texts.",
            f"Ask it at {route_of(entry.task)}.",
            param="model",
        )
    if entry.task == IMAGES:
        given = await run_in_threadpool(_pictures, app, caller, texts)
    who = caller.key_id or caller.user_id
    with (
        told_as(text="input"),
        way.watched(lambda other: other.predict(given, who), sum(map(len, texts))) as told,
    ):
        predictor = await loaded(app, way)
        predictions = await unless_left(request, predictor.ask("predict", given, who))
        told(predictions)
    await spent(request, app, lambda: sum(map(tokens, texts)))
    return await answer(
        lambda: _classification(body, texts, predictions), len(texts), {VERSION: entry.pinned}
    )


def _pictures(app: Application, caller: Principal, names: list[str]) -> list[str]:
    """The files of pictures.

    Raises:
        NotFound: there is no such upload.
        BadRequest: it is an address.
    """
    workspace = app.workspace(caller)
    found = [workspace.document(name) for name in names]
    if any(each.startswith(("http://", "https://")) for each in found):
        raise BadRequest("Pictures are not fetched.", "Upload it and give its name.", param="input")
    return found


def _classification(body: ClassifyRequest, texts: list[str], predictions: list[dict[str, Any]]) -> str:
    length = sum(map(tokens, texts))
    made = Classification(
        id=f"classify-{secrets.token_hex(12)}",
        created=int(time.time()),
        model=str(read(body.model)),
        data=[_shown(index, each) for index, each in enumerate(predictions)],
        usage=Usage(prompt_tokens=length, total_tokens=length),
    )
    return made.model_dump_json(exclude_none=True)


def _shown(index: int, prediction: dict[str, Any]) -> Classified:
    probs = prediction.get("scores") or {}
    return Classified(
        index=index,
        label=prediction.get("label"),
        probs=probs,
        num_classes=len(probs),
        labels=prediction.get("labels"),
        entities=prediction.get("entities"),
    )
