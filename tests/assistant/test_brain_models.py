"""Which chat model a setting names."""

from pathlib import Path

import pytest

from assistant.brain.embedded import EmbeddedChatModel
from assistant.brain.fallback import FallbackChatModel
from assistant.brain.models import chat_model
from assistant.errors import BadSettings, ModelUnavailable
from assistant.settings import Settings


def _settings(home: Path, **values) -> Settings:
    return Settings(home=home, offline="true", **values)


def test_embedded_is_the_default(home: Path):
    assert isinstance(chat_model(_settings(home)), EmbeddedChatModel)


@pytest.mark.parametrize("name", ["gpt-5-mini", "nobody:model-x", "local:", "openai:gpt-5-mini"])
def test_unusable_names_are_told(home: Path, name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(BadSettings) as caught:
        chat_model(_settings(home, model=name))
    assert caught.value.hint


def test_missing_local_model_is_told(home: Path):
    with pytest.raises(ModelUnavailable):
        chat_model(_settings(home, model="local:/nowhere/at/all"))


def test_pickled_weights_are_refused(home: Path, tmp_path: Path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(ModelUnavailable, match="pickled"):
        chat_model(_settings(home, model=f"local:{tmp_path}"))


def test_hosted_model_with_a_key(home: Path):
    model = chat_model(_settings(home, model="openai:gpt-5-mini", model_api_key="sk-test"))
    assert isinstance(model, FallbackChatModel) and isinstance(model.spare, EmbeddedChatModel)
    assert type(model.primary).__name__ == "ChatOpenAI"


@pytest.mark.parametrize(
    ("name", "served"),
    [
        ("qwen3", "qwen3"),
        ("openai:qwen3", "qwen3"),
        ("ollama:qwen3:8b", "qwen3:8b"),
        ("qwen3:8b", "qwen3:8b"),
    ],
)
def test_a_server_of_ones_own_is_asked_for_the_plain_name(home: Path, name: str, served: str):
    model = chat_model(_settings(home, model=name, model_base_url="http://127.0.0.1:9/v1"))
    assert isinstance(model, FallbackChatModel) and model.primary.model_name == served
