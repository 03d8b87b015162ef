"""All settings of the program: environment variables or a ``.env`` file, each with a docstring that users read."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import BadSettings
from assistant.home import Home

SWITCH = dict.fromkeys(("1", "yes", "on"), "true") | dict.fromkeys(("0", "no", "off"), "false")


def _switched(word: Any) -> Any:
    """A switch in any of the ways that people write one."""
    word = str(word).strip().lower()
    return SWITCH.get(word, word)


def _placed(url: str) -> str:
    """A database's URL that means the same file in every folder and process.

    Raises:
        ValueError: the database is in memory, where no other process sees it.
    """
    engine, _, place = url.partition(":")
    if engine.partition("+")[0] != "sqlite":
        return url
    file, mark, query = place.removeprefix("//").removeprefix("/").partition("?")
    if file in ("", ":memory:", "file::memory:") or "mode=memory" in query:
        raise ValueError("a database in memory is lost with its process; name a file: sqlite:////data/app.db")
    return url if file.startswith("file:") else f"{engine}:///{Path(file).absolute()}{mark}{query}"


def _folder(name: str) -> str:
    """A folder's path that means the same one in every process; other names stay as they are."""
    kind, mark, place = name.rpartition("local:")
    return f"{kind}{mark}{Path(place).absolute()}" if "/" in place and Path(place).is_dir() else name


Named = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_folder)]


class Settings(BaseSettings):
    """Settings, read once at start. Names are the variables without the ``ASSISTANT_`` prefix, in lower case."""

    model_config = SettingsConfigDict(
        env_prefix="ASSISTANT_", env_file=".env", extra="ignore", env_ignore_empty=True
    )

    home: Path = Field(
        default_factory=lambda: user_data_path("startup-assistant"),
        description="Everything the program writes lives here.",
    )
    model: Named = Field(
        "embedded",
        description="The chat model: embedded, provider:model, or local:HF_ID_OR_PATH.",
    )
    model_base_url: str | None = Field(None, description="Address of an OpenAI-compatible server.")
    model_api_key: SecretStr | None = Field(None, description="Key for the model's provider or server.")
    unsupported: Literal["mark", "drop"] = Field(
        "mark",
        description="What becomes of a bigger model's sentences that the documents do not bear out: a mark, or they "
        "are dropped (for visitors always).",
    )
    session_days: float = Field(30, gt=0, le=365, description="Days until a browser has to sign in again.")
    metrics: Literal["private", "open", "key"] = Field(
        "private",
        description="Who reads /metrics without an admin's key: this machine and private networks, everybody, nobody.",
    )
    database_url: Annotated[str, AfterValidator(_placed)] | None = Field(
        None, description="SQLAlchemy URL; a SQLite file in the home where unset."
    )
    embedder: Named = Field(
        "embedded",
        description="What makes the documents' vectors: embedded (MiniLM, English), a model of the registry, a folder "
        "or a Hugging Face id.",
    )
    vector_store: str = Field(
        "",
        pattern=r"^(qdrant:\S*|pgvector:postgres(ql)?(\+psycopg)?://\S+)?$",
        description="Another engine for the documents' vectors: qdrant:http://HOST:6333 or pgvector:postgresql://…",
    )
    vector_store_key: SecretStr | None = Field(None, description="API key of the Qdrant server.")
    ray_address: str | None = Field(None, description="A Ray cluster that runs the training jobs.")
    ray_workers: int = Field(
        1, ge=1, description="How many workers of the Ray cluster train one model together."
    )
    offline: Annotated[Literal["auto", "true", "false"], BeforeValidator(_switched)] = Field(
        "auto", description="Never ask a model hub (auto: ask, and go on without it where it is away)."
    )
    engine: Literal["auto", "torch", "ray"] = Field(
        "auto",
        description="What computes deployed models: the fastest when measured (auto), always torch, or a Ray cluster.",
    )
    replicas: str = Field(
        "1-4",
        pattern=r"^[1-9]\d{0,3}(-[1-9]\d{0,3})?$",
        description="How many replicas a model has on the Ray cluster: the fewest and the most.",
    )
    vllm: str | None = Field(
        None,
        pattern=r"^(managed|https?://\S+)$",
        description="vLLM writes the texts: a server's address, or managed, which starts it here.",
    )
    vllm_api_key: SecretStr | None = Field(None, description="Key for the vLLM server.")
    vllm_command: str = Field("vllm", description="The program that starts a managed vLLM.")
    vllm_options: str = Field("", description="Further options of vllm serve, for a managed vLLM.")
    model_memory_mb: int = Field(
        0, ge=0, description="Most megabytes of memory for loaded models; 0: a third of what is free."
    )
    llama_cpp: Path | None = Field(
        None, description="llama.cpp's folder, or its convert_hf_to_gguf.py, for exports as GGUF."
    )
    mcp_hosts: str = Field(
        "",
        description="Names this server is reached by at /mcp beyond the machine's own, separated by commas.",
    )
    public_url: str = Field(
        "", description="The address people reach this server at, where a proxy stands before it."
    )
    oidc_issuer: str = Field("", description="OpenID Connect: the service that signs people in.")
    oidc_client_id: str = Field("", description="OpenID Connect: what that service calls this server.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="OpenID Connect: the secret shared with it."
    )
    oidc_newcomers: Literal["", "admin", "member", "viewer"] = Field(
        "", description="OpenID Connect: role of people who come for the first time; unset, none are let in."
    )
    oidc_domains: str = Field(
        "",
        description="OpenID Connect: domains of e-mail addresses that newcomers have, separated by commas.",
    )
    filter: str = Field(
        "",
        description="What visitors are not told: a file with a word or phrase a line, or model:NAME:LABEL,LABEL.",
    )
    ner: Named = Field(
        "embedded",
        description="The model that finds names to hide: embedded, spacy:NAME, gliner:NAME, a model of the registry, "
        "a folder or a Hugging Face id.",
    )
    rate_requests: float = Field(
        60_000, gt=0, description="Most requests a minute of one API key or one signed-in person."
    )
    rate_refused: float = Field(
        120, gt=0, description="Most requests a minute with a wrong key or session from one address."
    )
    rate_visit: float = Field(12, gt=0, description="Most questions a minute of one visitor of the widget.")
    rate_address: float = Field(
        600, gt=0, description="Most questions a minute of all visitors of a widget key at one address."
    )
    rate_site: float = Field(
        1200, gt=0, description="Most questions a minute of all visitors of a widget key."
    )
    rate_bare: float = Field(
        20,
        gt=0,
        description="Most questions a minute from one address with a widget key alone, without the widget.",
    )
    quota_tokens: float = Field(
        0, ge=0, description="Most tokens a person may have models read and write in a day; 0: no limit."
    )
    quota_jobs: float = Field(0, ge=0, description="Most jobs a person may start in a day; 0: no limit.")
    quota_storage_mb: int = Field(
        0, ge=0, description="Most megabytes of uploads a person may keep; 0: no limit."
    )
    retention_days: float = Field(
        0,
        ge=0,
        description="Conversations that nobody has touched for so many days are deleted, with the files attached to "
        "them, visits, and hand-offs, answered or not; 0: none are.",
    )
    otel_endpoint: str | None = Field(
        None, description="An OpenTelemetry collector's address (OTLP over HTTP) that traces are sent to."
    )
    request_seconds: float = Field(
        300.0, gt=0, description="Seconds after which an API request is given up that has no answer yet."
    )
    shutdown_seconds: int = Field(
        10, ge=0, description="Seconds that answers get to finish when the server is told to stop."
    )
    handoff_webhook: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Told of visitors who ask for a person: an address for JSON.",
    )
    handoff_webhook_secret: SecretStr | None = Field(None, description="Signs what the webhook is sent.")
    max_upload_mb: int = Field(1024, gt=0, description="Largest upload accepted, in megabytes.")

    @model_validator(mode="after")
    def _names_a_model(self) -> Self:
        if self.model_base_url and "model" not in self.model_fields_set:
            raise ValueError("ASSISTANT_MODEL is not set, so nothing would ask ASSISTANT_MODEL_BASE_URL")
        return self

    @property
    def where(self) -> Home:
        """The layout of the home folder."""
        return Home(self.home.expanduser().resolve())

    @property
    def oidc_host(self) -> str:
        """The name of the service that signs people in; empty where there is none."""
        return urlsplit(self.oidc_issuer).hostname or ""

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.where.database}"


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        BadSettings: a variable holds what its setting does not take.
    """
    try:
        return Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:  # several settings that do not fit together
            raise BadSettings(f"{reason}.", "Correct it or unset it.") from error
        name = f"ASSISTANT_{str(first['loc'][0]).upper()}"
        raise BadSettings(f"{name} cannot be used: {reason}.", "Correct it or unset it.") from error
    except (UnicodeDecodeError, OSError) as error:
        raise BadSettings(
            f"The file .env cannot be read ({type(error).__name__}).",
            "Save it as UTF-8 and see that it can be opened, or remove it.",
        ) from error
