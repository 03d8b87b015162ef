"""A generator of requests, over the API's own description: whatever is sent, nothing breaks (no 500)."""

import contextlib
import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

from assistant.api.docs import page
from tests.assistant.api_server import Server, server  # noqa: F401

MOST = int(os.environ.get("SCHEMA_EXAMPLES", "8"))  # requests for each operation and mode
CHECKED = settings(
    max_examples=MOST, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_no_request_breaks_the_server(server: Server, mode: Any) -> None:  # noqa: F811
    server.api.state.ready.set()
    described = schemathesis.openapi.from_asgi("/openapi.json", server.api)
    key, seen, broken = {"Authorization": f"Bearer {server.key}"}, 0, []
    for found in described.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @CHECKED
        def check(case: Any) -> None:
            nonlocal seen
            response = case.call(headers={**(case.headers or {}), **key})
            seen += 1
            if response.status_code >= 500:
                broken.append(
                    (case.method, case.formatted_path, response.status_code, case.as_curl_command())
                )

        with contextlib.suppress(Unsatisfiable):  # what takes nothing cannot be given anything wrong
            check()
    assert seen > 300
    assert broken == []


def test_the_page_shows_examples_errors_and_shapes() -> None:
    body = {"schema": {"properties": {"input": {"type": "string"}}}, "example": {"input": "<b>refund</b>"}}
    error = {"schema": {"$ref": "#/components/schemas/Problem"}}
    refused = {"description": "Too much at once", "content": {"application/json": error}}
    asked = {"requestBody": {"content": {"application/json": body}}, "responses": {"429": refused}}
    shown = page({"info": {"title": "An API"}, "paths": {"/v1/classify": {"post": asked}}})
    assert "&lt;b&gt;refund&lt;/b&gt;" in shown and "<b>refund" not in shown
    assert "<code>429</code></td><td>Too much at once · Problem" in shown
