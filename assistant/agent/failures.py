"""What breaks in a turn becomes its last event, so that no door has to know exceptions."""

import contextlib
from collections.abc import Iterator

from assistant.agent.events import Event, Failed
from assistant.brain.language import pick
from assistant.brain.replies.chinese import joined, sentences
from assistant.logs import log
from knowledge.errors import TeachingError


@contextlib.contextmanager
def explained(language: str = "en") -> Iterator[list[Event]]:
    """Turn whatever breaks in the block into one ``Failed`` event, in the list that the block is given.

    Args:
        language: the user's, ``en`` or ``zh``.
    """
    failure: list[Event] = []
    try:
        yield failure
    except TeachingError as error:
        told = pick(language, str(error), joined(sentences(error.message), sentences(error.hint)))
        failure.append(Failed(told, error.code, getattr(error, "retry_after", None)))
    except Exception as error:
        log().exception("turn failed")
        failure.append(_explain(error, language))


def _explain(error: Exception, language: str) -> Failed:
    # LangChain's packages raise subclasses of their own, so the parents count too.
    origins = {kind.__module__.split(".")[0] for kind in type(error).__mro__}
    if origins & {"openai", "httpx", "anthropic", "httpcore"}:
        told = pick(
            language,
            f"The chat model cannot be used right now ({type(error).__name__}). "
            "Check ASSISTANT_MODEL, its address and its key, or set ASSISTANT_MODEL=embedded.",
            f"聊天模型现在无法使用（{type(error).__name__}）。"
            "请检查 ASSISTANT_MODEL、它的地址和密钥，或设置 ASSISTANT_MODEL=embedded。",
        )
        return Failed(told, "model_unavailable")
    return Failed(
        pick(
            language,
            "Something broke on our side. Try again; details are in the log.",
            "我们这边出了点问题。请再试一次；详情见日志。",
        )
    )
