"""What goes wrong under a running server: each a clear error in OpenAI's shape, and the others are answered."""

import http.client
import io
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.access.principal import Principal
from tests.assistant.api_server import Server, server
from tests.assistant.listening import listening
from tests.tools.trained import train_head
from tools.catalog.models import predict
from tools.errors import NotFound
from tools.models.card import write_info
from tools.serving.predictor import Predictor

__all__ = ["server"]
MB = 1 << 20


@pytest.fixture(scope="module")
def port(server: Server) -> Iterator[int]:
    with listening(server.api) as found:
        yield found


def post(server: Server, port: int, path: str, body, **headers: str) -> tuple[int, dict, dict]:
    """A request over the socket: status, headers and JSON of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    sent = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"} | headers
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", f"/v1/{path}", raw, sent)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), json.loads(answer.read())
    connection.close()
    return found


def refused(found: tuple[int, dict, dict], status: int, code: str, words: str = "") -> None:
    """It is refused as OpenAI's API would refuse it, in words."""
    assert found[0] == status, found
    error = found[2]["error"]
    assert set(error) == {"message", "type", "param", "code"} and error["code"] == code
    assert words in error["message"] and "Traceback" not in error["message"]
    assert {name.lower() for name in found[1]} >= {"x-request-id", "content-type"}


def answers(server: Server, port: int) -> None:
    status, _, said = post(server, port, "classify", {"model": "router", "input": "where is my parcel"})
    assert (status, said["data"][0]["label"]) == (200, "shipping")


PATHS = ("classify", "embeddings", "chat/completions", "fine_tuning/jobs", "knowledge/search", "redact")


@pytest.mark.parametrize("path", PATHS)
def test_bodies_that_are_no_requests(server: Server, port: int, path: str) -> None:
    for body in (
        b"{",
        b"",
        b"null",
        b"[]",
        b'"a"',
        b"\xff\xfe",
        b'{"model": NaN}',
        b"[" * 50_000,
        b"{" * 50_000,
    ):
        found = post(server, port, path, body)
        assert found[0] == 400 and found[2]["error"]["type"] == "invalid_request_error", (body[:9], found)
    refused(post(server, port, path, {}), 400, "invalid_request", "Field required")
    refused(post(server, port, path, b"x" * (10 * MB)), 413, "too_large")
    answers(server, port)


@pytest.mark.parametrize("path", PATHS)
def test_a_body_longer_than_was_said_before(server: Server, port: int, path: str) -> None:
    """10 MB in chunks, whose length no header tells."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        head = f"POST /v1/{path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {server.key}\r\n"
        head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        client.sendall(head.encode())
        piece = b"100000\r\n" + b"x" * MB + b"\r\n"
        try:
            for _ in range(10):
                client.sendall(piece)
            client.sendall(b"0\r\n\r\n")
        except OSError:  # it was told before it had said all
            pass
        assert client.recv(64).startswith(b"HTTP/1.1 413 ")
    answers(server, port)


def test_long_texts(server: Server, port: int) -> None:
    for path, field in (("classify", "input"), ("embeddings", "input")):
        model = "router" if path == "classify" else "minilm"
        assert post(server, port, path, {"model": model, field: "word " * 20_000})[0] == 200
        many = {"model": model, field: ["x " * 50_000] * 4}
        assert len(post(server, port, path, many)[2]["data"]) == 4
        refused(
            post(server, port, path, {"model": model, field: "x" * 100_001}), 400, "invalid_request", "100000"
        )
    messages = [{"role": "user", "content": "card " * 20_000}]
    found = post(server, port, "chat/completions", {"model": "writer", "messages": messages, "max_tokens": 1})
    assert found[0] in (200, 400), found


def test_models_that_are_not_there_or_do_something_else(server: Server, port: int) -> None:
    said = [{"role": "user", "content": "a"}]
    refused(
        post(server, port, "classify", {"model": "ruoter", "input": "a"}), 404, "model_not_found", "router"
    )
    refused(
        post(server, port, "classify", {"model": "writer", "input": "a"}), 400, "invalid_request", "text-gen"
    )
    refused(post(server, port, "classify", {"model": "minilm", "input": "a"}), 404, "model_not_found")
    refused(
        post(server, port, "embeddings", {"model": "router", "input": "a"}), 400, "invalid_request", "minilm"
    )
    chat = {"model": "router", "messages": said}
    refused(post(server, port, "chat/completions", chat), 400, "invalid_request", "/v1/classify")
    refused(post(server, port, "explain", {"model": "writer", "text": "a"}), 400, "unsupported")
    answers(server, port)


def test_pictures_are_classified_by_the_names_of_uploads(
    server: Server, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Reader:
        def predict(self, paths: list[str]) -> list[dict]:
            return [
                {"label": Path(path).read_bytes().decode(), "score": 1.0, "scores": {"cat": 1.0}}
                for path in paths
            ]

    kind = {"task": "image-classification", "base": "vit", "method": "head"}
    folder = server.app.home.models / "pictures"
    folder.mkdir()
    write_info(folder, {"name": "pictures", **kind})
    server.app.registry.add({"model": "pictures", **kind}, folder)
    predictor = Predictor(folder, {"name": "pictures", **kind}, Reader())
    monkeypatch.setattr(server.app.predictors, "_loader", lambda _: predictor)
    server.app.releases.promote("pictures")
    file = server.app.files.save("tom.png", io.BytesIO(b"cat"), "owner", "assistants")
    status, _, said = post(server, port, "classify", {"model": "pictures", "input": ["tom.png", file["id"]]})
    assert status == 200 and [each["label"] for each in said["data"]] == ["cat", "cat"]
    for name, words in (("/etc/passwd", "no document"), ("http://a.example/b.png", "not fetched")):
        status, _, said = post(server, port, "classify", {"model": "pictures", "input": name})
        assert status in (400, 404) and words in said["error"]["message"]
    workspace = server.app.workspace(Principal("owner", "owner", "admin"))
    assert predict(workspace, "pictures", "tom.png")["predictions"][0]["label"] == "cat"
    with pytest.raises(NotFound):
        predict(workspace, "pictures", "/etc/passwd")
    server.app.releases.undeploy("pictures")
    server.app.registry.delete("pictures")


def test_a_models_folder_is_deleted_under_the_server(server: Server, port: int) -> None:
    folder = train_head(server.app.home.models / "doomed", "doomed")
    kind = {"model": "doomed", "task": "text-classification", "base": "minilm", "method": "head"}
    server.app.registry.add(kind, folder)
    server.app.releases.promote("doomed")
    body = {"model": "doomed", "input": "where is my parcel"}
    assert post(server, port, "classify", body)[0] == 200
    kept = shutil.move(folder, folder.with_name("kept-aside"))
    for _ in range(2):
        refused(post(server, port, "classify", body), 404, "not_found", "files of model doomed are gone")
    answers(server, port)
    refused(
        post(server, port, "registry/models/doomed/promote", {"alias": "staging"}), 404, "not_found", "gone"
    )
    assert [each["name"] for each in server.admin.get("/v1/registry/models").json()["models"]][0] == "doomed"
    shutil.move(kept, folder)
    assert post(server, port, "classify", body)[0] == 200, "once it is back, it answers"
    server.app.releases.undeploy("doomed")
    server.app.registry.delete("doomed")


def test_a_model_that_cannot_be_loaded_is_not_put_into_service(server: Server, port: int) -> None:
    folder = train_head(server.app.home.models / "torn", "torn")
    kind = {"model": "torn", "task": "text-classification", "base": "minilm", "method": "head"}
    server.app.registry.add(kind, folder)
    (folder / "model.safetensors").write_bytes(b"torn")
    found = post(server, port, "registry/models/torn/promote", {})
    refused(found, 500, "work_failed", "torn cannot be loaded")
    assert server.app.registry.get("torn").status == "ready"
    server.app.registry.delete("torn")


def test_many_break_off_and_the_others_are_answered(server: Server, port: int) -> None:
    """Half a head, half a body, a body and no ear for the answer: forty at once, while others ask."""
    head = f"POST /v1/classify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {server.key}\r\nContent-Length: 99\r\n\r\n"
    whole = json.dumps({"model": "router", "input": "x" * 67}).encode()
    assert len(whole) == 99

    def rude(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            client.sendall(
                [head[:60].encode(), head.encode() + b'{"model"', head.encode() + whole][number % 3]
            )

    threads = [threading.Thread(target=rude, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        answers(server, port)
    for thread in threads:
        thread.join()
    answers(server, port)
