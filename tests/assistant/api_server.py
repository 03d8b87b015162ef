"""One server for the API's tests: a deployed classifier, three documents, and a client for each kind of caller."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.api.app import create_api
from assistant.application import Application
from assistant.settings import Settings
from tests.tools.tiny_models import tiny_gpt
from tests.tools.trained import train_head
from tools.models.card import write_info

PAGE = "https://shop.example"
DOCUMENTS = {
    "refunds.md": "# Refunds\n\nYou can return an item within 30 days. The money is back within 5 working days.\n",
    "hours.md": "# Support hours\n\nOur support team answers on weekdays from 9:00 to 17:00.\n",
}
CSV = "text,category\n" + "".join(
    f"{words} {i},{label}\n"
    for label, words in (("shipping", "where is my parcel"), ("refund", "please give my money back"))
    for i in range(12)
)


@dataclass
class Server:
    """The API over one home; ``key`` is an admin's, ``viewer`` and ``widget`` are keys with less."""

    app: Application
    api: FastAPI
    key: str
    viewer: str
    widget: str

    def client(self, key: str | None = None, **headers: str) -> TestClient:
        """A caller with a key."""
        sent = {"Authorization": f"Bearer {key}"} if key else {}
        return TestClient(self.api, headers=sent | headers, raise_server_exceptions=False)

    @property
    def admin(self) -> TestClient:
        """A caller who may do everything."""
        return self.client(self.key)

    @property
    def openai(self) -> Any:
        """The official client, as a user makes it."""
        import openai

        http = TestClient(self.api)
        return openai.OpenAI(
            base_url="http://testserver/v1", api_key=self.key, http_client=http, max_retries=0
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("api")
    app = Application(Settings(home=folder / "home"))
    app.users.owner()
    object.__setattr__(app.shared, "start_worker", lambda: None)  # jobs stay queued here
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
        app.knowledge.add([folder / name])
    (folder / "salaries.md").write_text("# Salaries\n\nThe chief executive earns 90,000 euros a year.\n")
    app.knowledge.add([folder / "salaries.md"], visibility="internal")
    for name in ("router", "idle"):
        path = train_head(app.home.models / name, name)
        app.registry.add(
            {"model": name, "task": "text-classification", "base": "minilm", "method": "head"}, path
        )
    app.releases.promote("router")
    writer = {"task": "text-generation", "base": "tiny", "method": "full"}
    path = tiny_gpt(app.home.models / "writer")
    write_info(path, {"name": "writer", **writer})
    app.registry.add({"model": "writer", **writer}, path)
    app.releases.promote("writer")
    yield Server(
        app,
        create_api(app),
        app.keys.create("admin")["secret"],
        app.keys.create("viewer")["secret"],
        app.keys.create(widget=True, origins=[PAGE])["secret"],
    )
    app.close()
