"""Settings: how people write them, and what a job's process gets of them."""

from pathlib import Path

import pytest

from assistant.errors import BadSettings
from assistant.jobs.runners.local import child_environment
from assistant.settings import Settings, settings


@pytest.fixture(autouse=True)
def anew(home: Path):
    """Settings are read once a process; here, once a test, in an empty folder."""
    settings.cache_clear()
    yield
    settings.cache_clear()


def said(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """What is said of variables that cannot be used."""
    for name, value in variables.items():
        monkeypatch.setenv(f"ASSISTANT_{name}", value)
    with pytest.raises(BadSettings) as caught:
        settings()
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1", "true"), ("TRUE", "true"), ("yes", "true"), ("0", "false"), ("Off", "false"), (" Auto ", "auto")],
)
def test_a_switch_as_people_write_it(written: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_OFFLINE", written)
    assert settings().offline == meant


def test_a_relative_database_is_the_same_file_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_DATABASE_URL", "sqlite:///app.db")
    chosen = settings()
    monkeypatch.chdir("/")
    assert chosen.database == f"sqlite:///{tmp_path}/app.db"
    for url in ("sqlite+pysqlite:////data/a.db?timeout=9", "postgresql://u:p@host/name"):
        assert Settings(database_url=url).database == url


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "in memory is lost" in said(monkeypatch, DATABASE_URL=url)


def test_settings_that_do_not_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, MODEL_BASE_URL="http://localhost:8000/v1").startswith(
        "ASSISTANT_MODEL is not set"
    )
    monkeypatch.setenv("ASSISTANT_MODEL", " embedded ")
    assert settings().model == "embedded"


def test_a_file_that_is_no_text_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_bytes("ASSISTANT_FILTER=größe".encode("latin-1"))
    assert ".env cannot be read" in said(monkeypatch)


def test_a_folder_is_the_same_everywhere(tmp_path: Path) -> None:
    (tmp_path / "encoders" / "mine").mkdir(parents=True)
    chosen = Settings(embedder="encoders/mine", ner="spacy:en_core_web_sm", model="local:org/name")
    assert chosen.embedder == str(tmp_path / "encoders" / "mine")
    assert (chosen.ner, chosen.model) == ("spacy:en_core_web_sm", "local:org/name")


def test_a_job_has_the_settings_of_a_file_but_few_secrets(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "ASSISTANT_EMBEDDER=my-embedder\nASSISTANT_RAY_WORKERS=4\nASSISTANT_MODEL_API_KEY=sk-chat\n"
        "ASSISTANT_VECTOR_STORE_KEY=key-of-qdrant\nASSISTANT_HANDOFF_WEBHOOK=https://hooks.example/secret\n"
    )
    handed = child_environment(settings())
    assert handed["ASSISTANT_EMBEDDER"] == "my-embedder" and handed["ASSISTANT_RAY_WORKERS"] == "4"
    assert handed["ASSISTANT_VECTOR_STORE_KEY"] == "key-of-qdrant"
    assert not {"ASSISTANT_MODEL_API_KEY", "ASSISTANT_HANDOFF_WEBHOOK"} & handed.keys()
    assert "ASSISTANT_VECTOR_STORE_KEY" not in child_environment(settings(), ())
    assert handed["ASSISTANT_DATABASE_URL"] == settings().database
