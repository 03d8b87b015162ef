"""``/v1/embeddings``: sentence vectors of the embedded encoder or a deployed embedding model."""

import base64
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, field_validator

from assistant.api.auth import App, Caller
from assistant.api.completion import Usage, tokens
from assistant.api.fields import MOST_TEXTS, Body, FreeText, Name, Text, listed, told_as
from assistant.api.models import EMBEDDER, EMBEDDER_NAMES, VERSION, caller_key
from assistant.api.spending import spent
from assistant.api.waiting import answer, loaded, routed, unless_left
from assistant.errors import BadRequest
from assistant.workspace.references import read

if TYPE_CHECKING:
    import numpy as np

router = APIRouter(prefix="/v1", tags=["models"])


class EmbeddingRequest(Body):
    """Texts to embed; longer ones than the model reads (256 tokens for minilm) are cut."""

    model: Name
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=MOST_TEXTS)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Field(ge=1, le=65_536)] | None = None
    user: FreeText | None = None

    @field_validator("input", mode="before")
    @classmethod
    def _no_tokens(cls, value: object) -> object:
        first = value[0] if isinstance(value, list) and value else None
        if isinstance(first, int | list):
            raise ValueError(
                "Token ids are not read, for each model counts its own; send the texts themselves "
                "(LangChain: check_embedding_ctx_length=False)"
            )
        return value


class Embedding(BaseModel):
    """One text's vector: numbers, or their little-endian float32 bytes in base64."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingList(BaseModel):
    """One vector for each text, in order."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: Usage


@router.post("/embeddings", response_model=EmbeddingList)
async def create_embeddings(body: EmbeddingRequest, request: Request, app: App, caller: Caller) -> Response:
    """Embed one text or many as vectors of length 1."""
    texts, who = listed(body.input), caller.key_id or caller.user_id
    if body.model.lower() in EMBEDDER_NAMES:
        vectors = await unless_left(request, app.embedder.ask(texts, who))
        await spent(request, app, lambda: sum(map(tokens, texts)))
        return await answer(lambda: _list(body, EMBEDDER, texts, vectors), len(texts), {})
    way = await routed(app, body.model, caller_key(caller, body.user, "\n".join(texts)))
    entry = way.entry
    if entry.task != "embedding":
        raise BadRequest(
            f"{entry.name} is a model for {entry.task} and makes no embeddings.",
            f"Use {EMBEDDER}.",
            param="model",
        )
    with (
        told_as(text="input"),
        way.watched(lambda predictor: predictor.predict(texts), sum(map(len, texts))) as told,
    ):
        predictor = await loaded(app, way)
        vectors = await unless_left(request, predictor.ask("embed", texts, who))
        told([])  # vectors of two models cannot be compared
    name = str(read(body.model))
    await spent(request, app, lambda: sum(map(tokens, texts)))
    return await answer(lambda: _list(body, name, texts, vectors), len(texts), {VERSION: entry.pinned})


def _list(body: EmbeddingRequest, name: str, texts: list[str], vectors: "list[np.ndarray]") -> str:
    """The answer as JSON.

    Raises:
        BadRequest: other dimensions are wanted than the model has.
    """
    size = len(vectors[0])
    if body.dimensions not in (None, size):
        raise BadRequest(
            f"{name} makes vectors of {size} dimensions and no others.",
            "Leave dimensions out.",
            param="dimensions",
        )
    length, packed = sum(map(tokens, texts)), body.encoding_format == "base64"
    data = [
        Embedding(index=index, embedding=_packed(each) if packed else each.tolist())
        for index, each in enumerate(vectors)
    ]
    usage = Usage(prompt_tokens=length, total_tokens=length)
    return EmbeddingList(data=data, model=name, usage=usage).model_dump_json()


def _packed(vector: "np.ndarray") -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()
