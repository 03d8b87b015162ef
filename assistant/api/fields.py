"""Types of fields that many requests share, and the base of all request bodies."""

import contextlib
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from knowledge.errors import TeachingError

LONGEST_TEXT = 100_000  # characters
MOST_TEXTS = 2048  # in one request, as in the OpenAI API


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text cannot hold NUL characters")
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT), AfterValidator(_without_nul)]
FreeText = Annotated[str, StringConstraints(max_length=LONGEST_TEXT), AfterValidator(_without_nul)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_without_nul)]

FreeName = Annotated[str, StringConstraints(max_length=255), AfterValidator(_without_nul)]


class Body(BaseModel):
    """A JSON request body. Fields nobody knows are ignored, as the OpenAI API's clients expect of a server."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


def listed(texts: str | list[str]) -> list[str]:
    """One text or many as a list."""
    return [texts] if isinstance(texts, str) else texts


@contextlib.contextmanager
def told_as(**fields: str) -> Iterator[None]:
    """Tell errors of the request's own fields.

    Args:
        fields: what the request calls each argument of the tools that an error may name.
    """
    try:
        yield
    except TeachingError as error:
        error.param = fields.get(error.param or "", error.param)
        raise
