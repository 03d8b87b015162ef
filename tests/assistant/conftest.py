"""What the tests of chat models on a server share: one scripted server, and one application that talks to it."""

from collections.abc import Iterator

import pytest

from assistant.access.principal import Principal
from assistant.application import Application
from assistant.brain import models
from assistant.settings import Settings
from assistant.workspace.samples import load_samples
from tests.assistant.chat_server import ChatServer


@pytest.fixture(scope="session")
def scripted() -> Iterator[ChatServer]:
    """A running server."""
    running = ChatServer()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture(scope="session")
def hosted(scripted: ChatServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """An application with the sample workspace and its chat model on the server, for which it waits half a second."""
    settings = Settings(
        home=tmp_path_factory.mktemp("hosted") / "home",
        model="openai:test",
        model_base_url=scripted.url,
        model_api_key="sk-test-key",
    )
    application = Application(settings, local=True)
    application.users.owner()
    load_samples(application.shared, Principal.owner().user_id)
    object.__setattr__(application.shared, "start_worker", lambda: None)  # jobs stay queued here
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "TIMEOUT", 0.5)
        assert application._chat_model  # made here, and kept
    yield application
    application.close()


@pytest.fixture
def server(scripted: ChatServer, hosted: Application, monkeypatch: pytest.MonkeyPatch) -> ChatServer:
    """The server, asked again whatever happened in the test before; tries follow each other at once."""
    monkeypatch.setattr("assistant.brain.patience.FIRST_WAIT", 0.01)
    hosted._chat_model._rests_until = 0.0
    return scripted
