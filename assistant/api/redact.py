"""``/v1/redact``: texts without personal data."""

from typing import Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from assistant.access.quotas import tokens_of
from assistant.api.auth import App, Caller
from assistant.api.fields import Body, FreeText
from assistant.api.lanes import in_turn
from assistant.api.spending import note

router = APIRouter(prefix="/v1", tags=["privacy"], dependencies=[Depends(in_turn("redact"))])


class RedactRequest(Body):
    """A text and how to hide what is personal in it."""

    text: FreeText
    language: Literal["en", "zh", "auto"] = "auto"
    operator: Literal["mask", "replace", "hash", "pseudonym"] = "replace"


class FoundEntity(BaseModel):
    """Something personal; offsets are in characters of the text that was sent."""

    entity_type: str
    start: int
    end: int
    score: float


class Redacted(BaseModel):
    """The text as it may be shown, and what was hidden."""

    text: str
    entities: list[FoundEntity]


@router.post("/redact")
def redact(body: RedactRequest, request: Request, app: App, _caller: Caller) -> Redacted:
    """Hide names, addresses, numbers and secrets in a text, as ``assistant redact`` does."""
    found = app.redactor.redact(body.text, language=body.language, operator=body.operator)
    note(request, app, tokens_of(body.text))
    return Redacted.model_validate(found)
