"""The reader's language: words are written in English, and the pages' ``zh.json`` holds them in Chinese.

:func:`listen` hears from a request which of the two its reader prefers; from there on :func:`say` speaks it.
"""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from starlette.requests import Request

from assistant.brain.replies.chinese import joined, sentences
from knowledge.errors import TeachingError

ZH: dict[str, str] = json.loads((Path(__file__).parent / "pages" / "zh.json").read_text(encoding="utf-8"))
CHINESE: ContextVar[bool] = ContextVar("chinese", default=False)


def listen(headers: Mapping[str, str]) -> None:
    """Speak the language that a request's headers prefer, from here on and in this context."""
    CHINESE.set(str(headers.get("accept-language", "")).lower().startswith("zh"))


async def reader(request: Request) -> None:
    """Listen before any of a router's pages is made; a plain function would do so in a context of its own."""
    listen(request.headers)


def say(words: str, **values: Any) -> str:
    """Words in the reader's language.

    Args:
        words: in English, with ``{names}`` in place of what changes.
        values: what takes their places.
    """
    shown = ZH.get(words, words) if CHINESE.get() else words
    return shown.format(**values) if values else shown


def told(error: Exception | str) -> str:
    """An error in the reader's language, as far as its words are known there.

    Args:
        error: what went wrong, or its words.
    """
    if not CHINESE.get():
        return str(error)
    if isinstance(error, TeachingError):
        return joined(sentences(error.message), sentences(error.hint))
    return sentences(str(error))


def lang() -> str:
    """The reader's language as HTML names it."""
    return "zh-CN" if CHINESE.get() else "en"
