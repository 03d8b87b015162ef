"""``/v1/embeddings``: sentence vectors of the embedded encoder or a deployed embedding model."""

import base64
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from assistant.access.principal import Principal
from assistant.api.auth import App, Caller
from assistant.api.completion import Usage, tokens
from assistant.api.fields import MOST_TEXTS, Body, FreeText, Name, Text, listed
from assistant.api.models import EMBEDDER, EMBEDDER_NAMES, VERSION, caller_key, route
from assistant.application import Application
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


@router.post("/embeddings")
def create_embeddings(body: EmbeddingRequest, response: Response, app: App, caller: Caller) -> EmbeddingList:
    """Embed one text or many as vectors of length 1."""
    texts = listed(body.input)
    name, vectors = _embed(app, body, texts, caller, response)
    if body.dimensions not in (None, vectors.shape[1]):
        raise BadRequest(
            f"{name} makes vectors of {vectors.shape[1]} dimensions and no others.",
            "Leave dimensions out.",
            param="dimensions",
        )
    length = sum(map(tokens, texts))
    data = [
        Embedding(
            index=index, embedding=_packed(vector) if body.encoding_format == "base64" else vector.tolist()
        )
        for index, vector in enumerate(vectors)
    ]
    return EmbeddingList(data=data, model=name, usage=Usage(prompt_tokens=length, total_tokens=length))


def _embed(
    app: Application, body: EmbeddingRequest, texts: list[str], caller: Principal, response: Response
) -> tuple[str, "np.ndarray"]:
    if body.model.lower() in EMBEDDER_NAMES:
        return EMBEDDER, app.embedder.embed(texts, caller.key_id or caller.user_id)
    way = route(app, body.model, caller_key(caller, body.user, "\n".join(texts)))
    entry = way.entry
    if entry.task != "embedding":
        raise BadRequest(
            f"{entry.name} is a {entry.task} model and makes no embeddings.",
            f"Use {EMBEDDER}.",
            param="model",
        )
    response.headers[VERSION] = entry.pinned
    with way.watched(lambda predictor: predictor.predict(texts), sum(map(len, texts))) as told:
        vectors = app.predictors.get(entry.path).embed(texts, caller.key_id or caller.user_id)
        told([])  # vectors of two models cannot be compared
    return str(read(body.model)), vectors


def _packed(vector: "np.ndarray") -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()
