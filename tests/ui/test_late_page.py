"""The page is built when all else is ready, or when somebody asks for it."""

import contextlib
import threading
import time
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.testclient import TestClient

from ui.late_page import LatePage


class Made:
    """Builds a page, and notes what became of it."""

    def __init__(self) -> None:
        self.happened: list[str] = []

    def __call__(self) -> FastAPI:
        self.happened.append("built")

        @contextlib.asynccontextmanager
        async def lifespan(_page: FastAPI) -> AsyncIterator[None]:
            self.happened.append("begun")
            yield
            self.happened.append("ended")

        page = FastAPI(lifespan=lifespan)
        page.get("/hello")(lambda: list(self.happened))
        return page


def server(late: LatePage, ready: threading.Event) -> FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        async with late.life(ready):
            yield

    api = FastAPI(lifespan=lifespan)
    api.get("/api")(lambda: "here")
    api.mount("/", late)
    return api


def test_the_api_answers_before_the_page_is_built_and_the_page_comes_when_all_is_ready() -> None:
    made, ready = Made(), threading.Event()
    with TestClient(server(LatePage(made), ready)) as client:
        assert client.get("/api").json() == "here"
        time.sleep(0.2)
        assert made.happened == []
        ready.set()
        deadline = time.monotonic() + 10
        while made.happened != ["built", "begun"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert client.get("/hello").json() == ["built", "begun"]
    assert made.happened == ["built", "begun", "ended"]


def test_who_asks_for_the_page_gets_it_at_once() -> None:
    made = Made()
    with TestClient(server(LatePage(made), threading.Event())) as client:
        assert client.get("/hello").json() == ["built", "begun"]
        assert client.get("/hello").status_code == 200
    assert made.happened == ["built", "begun", "ended"]


def test_a_server_that_stops_before_it_is_ready_builds_no_page() -> None:
    made = Made()
    with TestClient(server(LatePage(made), threading.Event())):
        pass
    assert made.happened == []


def test_a_page_that_cannot_be_built_leaves_the_api_alone() -> None:
    tried = []

    def broken() -> FastAPI:
        tried.append(True)
        raise OSError("no space left")

    api = server(LatePage(broken), threading.Event())
    with TestClient(api, raise_server_exceptions=False) as client:
        assert client.get("/hello").status_code == 500
        assert client.get("/api").json() == "here"
        assert client.get("/hello").status_code == 500
    assert tried == [True]
