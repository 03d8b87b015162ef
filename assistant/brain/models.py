"""The agent's chat model, by one setting: embedded, hosted, behind an OpenAI-compatible address, or local."""

from typing import TYPE_CHECKING, Any

from assistant.brain.patience import hooks
from assistant.errors import BadSettings, ModelUnavailable
from assistant.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

TIMEOUT = 60.0  # seconds a server may be silent, also in the midst of an answer
CONNECT = 10.0  # seconds to reach it
RETRIES = 2  # tries again in quick succession; see patience.py for how long they may take in all
WINDOW = 16_384  # tokens; Ollama's own default cuts the instructions and tools off without a word
# Their streams tell when an answer is complete, and they are tried again here; the others' clients do so by themselves.
TELLING = ("openai:", "anthropic:", "ollama:")
NAMED = ("openai:", "ollama:")  # before a model's name on an OpenAI-compatible server, both can be left out


def chat_model(settings: Settings) -> "BaseChatModel":
    """The chat model that ``ASSISTANT_MODEL`` names.

    Args:
        settings: ``model`` (``embedded``, ``provider:model``, ``local:ID_OR_PATH``, or a bare name with
            ``model_base_url``), ``model_base_url`` and ``model_api_key``.

    Raises:
        BadSettings: the name cannot be used, or its provider's package is missing.
        ModelUnavailable: a local model cannot be loaded.
    """
    name = settings.model.strip()
    if name == "embedded":
        from assistant.brain.embedded import EmbeddedChatModel

        return EmbeddedChatModel()
    if name.startswith("local:"):
        return _local(name.removeprefix("local:"), settings)
    if settings.model_base_url:
        return _with_fallback(_compatible(name, settings), known=True)
    return _with_fallback(_hosted(name, settings), known=name.startswith(TELLING))


def _with_fallback(primary: "BaseChatModel", known: bool) -> "BaseChatModel":
    """The model with the embedded one behind it.

    Args:
        primary: the model on a server.
        known: it is one of :data:`TELLING`.
    """
    from assistant.brain.embedded import EmbeddedChatModel
    from assistant.brain.fallback import FallbackChatModel

    spare = EmbeddedChatModel()
    return FallbackChatModel(primary=primary, spare=spare, tells_end=known, retries=RETRIES if known else 0)


def _local(name: str, settings: Settings) -> "BaseChatModel":
    from assistant.brain.local import LocalChatModel
    from knowledge.errors import TeachingError
    from tools.models.embedded import fetch_base

    if not name:
        raise BadSettings(
            "ASSISTANT_MODEL=local: names no model.", "Give local:HF_ID_OR_PATH, for example local:smollm2."
        )
    try:
        folder = fetch_base(name, settings.where.cache, offline=settings.offline == "true")
    except TeachingError as error:
        raise ModelUnavailable(f"The local chat model cannot be used. {error.message}", error.hint) from error
    return LocalChatModel(folder=folder, model_name=name)


def _compatible(name: str, settings: Settings) -> "BaseChatModel":
    """A model behind an OpenAI-compatible address."""
    from langchain_openai import ChatOpenAI
    from openai import DefaultHttpxClient, Timeout

    key = settings.model_api_key
    prefix = next((prefix for prefix in NAMED if name.startswith(prefix)), "")
    options: dict[str, Any] = {
        "model": name.removeprefix(prefix),
        "base_url": settings.model_base_url,
        # Servers of one's own often want no key, but the client insists on having one.
        "api_key": key.get_secret_value() if key else "none",
        "timeout": Timeout(TIMEOUT, connect=min(CONNECT, TIMEOUT)),
        "max_retries": 0,
        "http_client": DefaultHttpxClient(event_hooks=hooks()),
        "use_responses_api": False,
    }
    return ChatOpenAI(**options)


def _hosted(name: str, settings: Settings) -> "BaseChatModel":
    from langchain.chat_models import init_chat_model

    if ":" not in name:
        raise BadSettings(
            f"ASSISTANT_MODEL={name} names no provider.",
            "Use embedded, provider:model such as openai:gpt-5-mini, local:ID, or set ASSISTANT_MODEL_BASE_URL.",
        )
    options: dict[str, Any] = {"timeout": TIMEOUT, "max_retries": 0 if name.startswith(TELLING) else RETRIES}
    if name.startswith("openai:"):
        from openai import DefaultHttpxClient

        options["http_client"] = DefaultHttpxClient(event_hooks=hooks())
    if name.startswith("ollama:"):  # its client takes the timeout in another place
        options = {"client_kwargs": {"timeout": TIMEOUT, "event_hooks": hooks()}, "num_ctx": WINDOW}
    if settings.model_api_key:
        options["api_key"] = settings.model_api_key.get_secret_value()
    try:
        return init_chat_model(name, **options)
    except ImportError as error:
        raise BadSettings(f"ASSISTANT_MODEL={name} needs another package.", f"{error}") from error
    except Exception as error:  # providers raise whatever they like for a missing key or an unknown name
        raise BadSettings(
            f"ASSISTANT_MODEL={name} cannot be used: {_first_line(error)}.",
            "Check the name, and set ASSISTANT_MODEL_API_KEY where the provider asks for a key.",
        ) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
