"""Every error as the OpenAI API puts it: ``{"error": {"message", "type", "param", "code"}}`` with a fitting status."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from knowledge.errors import TeachingError

TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
SENTENCES = {
    404: ("There is nothing at this address.", "not_found"),
    405: ("This address does not take this method.", "method_not_allowed"),
    413: ("The request is larger than is accepted here.", "too_large"),
}


EXAMPLES = {  # of each status that any route may answer with, for the API's description
    400: (
        "The request does not fit.",
        "The request does not fit. input: Field required.",
        "invalid_request",
        "input",
    ),
    401: ("No key, or one that is not known.", "This API key is not known.", "invalid_api_key", None),
    403: ("The key may not do that.", "The role viewer may not upload files.", "forbidden", None),
    404: ("There is no such thing.", "There is no model named ruoter.", "model_not_found", "model"),
    409: ("The thing is in a state that forbids it.", "router is deployed.", "conflict", None),
    413: ("The body is too large.", "The request is larger than is accepted here.", "too_large", None),
    429: ("Too much at once; Retry-After says when.", "That was too often.", "rate_limit_exceeded", None),
    500: ("Something broke on our side.", "Something broke on our side. Try again.", "internal_error", None),
}
WRAPPED = re.compile(r"[\[(]")  # pydantic's names of types in a union; field names hold no brackets


class ErrorFields(BaseModel):
    """What went wrong and what to do."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorBody(BaseModel):
    """An error in OpenAI's shape."""

    error: ErrorFields


def error_body(message: str, status: int, code: str | None, param: str | None = None) -> dict[str, Any]:
    """The JSON body of an error.

    Args:
        message: what is wrong and what to do.
        status: the HTTP status it goes with, which gives the OpenAI error type.
        code: a word for programs.
        param: the field at fault.
    """
    kind = TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def respond(
    message: str, status: int, code: str | None, param: str | None = None, headers: Any = None
) -> JSONResponse:
    """An error response; see :func:`error_body`."""
    return JSONResponse(error_body(message, status, code, param), status, headers=headers)


def described() -> dict[int | str, dict[str, Any]]:
    """The errors that any route may answer with, for the API's description."""
    found: dict[int | str, dict[str, Any]] = {}
    for status, (about, message, code, param) in EXAMPLES.items():
        example = {"application/json": {"example": error_body(message, status, code, param)}}
        found[status] = {"model": ErrorBody, "description": about, "content": example}
    found[429]["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return found


@cache
def status_of(code: str) -> int:
    """The HTTP status that goes with an error code of the product, such as the one of a ``Failed`` event."""
    kinds = [TeachingError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    return next((kind.status for kind in kinds if kind.code == code), 500)


def install(api: FastAPI) -> None:
    """Make the API answer all errors in OpenAI's shape."""
    api.add_exception_handler(TeachingError, _taught)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)


def _taught(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TeachingError)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if seconds := getattr(error, "retry_after", None):
        headers["Retry-After"] = str(max(1, round(seconds)))
    return respond(str(error), error.status, error.code, error.param, headers)


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = _telling(error.errors())
    if first["type"] == "json_invalid":
        return respond("The body is not valid JSON. Send one JSON object.", 400, "invalid_json")
    if len(first["loc"]) == 1:
        hint = "Send one, with the header Content-Type: application/json."
        return respond(f"The body is not a JSON object. {hint}", 400, "invalid_json")
    place = [str(part) for part in first["loc"][1:] if not WRAPPED.search(str(part))]
    # Only the place and the rule are told: what was sent may be personal.
    why = first["msg"].removeprefix("Value error, ")
    if why.startswith("Value should have"):  # a text's length; a list's begins with "List"
        why = why.replace(" items after validation", " characters")
    about = f"{'.'.join(place)}: {why}." if place else f"{why}."
    return respond(f"The request does not fit. {about}", 400, "invalid_request", place[0] if place else None)


def _telling(errors: Sequence[Any]) -> Any:
    """The error that says most: of the forms that a field may have, that of the one which was meant."""
    here = [each for each in errors if each["loc"][:2] == errors[0]["loc"][:2]]
    return max(here, key=lambda each: (not each["type"].endswith("_type"), len(each["loc"])))


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    message, code = SENTENCES.get(error.status_code, (str(error.detail), "invalid_request"))
    return respond(message, error.status_code, code, headers=error.headers)
