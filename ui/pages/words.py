"""English and Chinese: the pages' words are written in English, and ``zh.json`` holds them in Chinese.

Components take :func:`t`, which the browser translates; HTML that is made here takes :func:`say`, in the language that
the request at hand prefers. A test holds that every word has its translation.
"""

import json
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import gradio as gr

ZH: dict[str, str] = json.loads(Path(__file__).with_name("zh.json").read_text(encoding="utf-8"))
CHINESE: ContextVar[bool] = ContextVar("chinese", default=False)
LOCALES = ("zh", "zh-CN", "zh-TW", "zh-HK", "zh-SG")


class Words(gr.I18n):
    """The translations as Gradio's pages want them; a word without one stays as it is."""

    def __init__(self) -> None:
        super().__init__(en={each: each for each in ZH}, **dict.fromkeys(LOCALES, ZH))

    def __call__(self, key: str) -> Any:
        """The word for a component, whatever type the component says it takes."""
        return super().__call__(key)


t = Words()


def say(words: str, **values: Any) -> str:
    """Words in the reader's language.

    Args:
        words: in English, with ``{names}`` in place of what changes.
        values: what takes their places.
    """
    shown = ZH.get(words, words) if CHINESE.get() else words
    return shown.format(**values) if values else shown


def listen(request: gr.Request | None) -> None:
    """Speak the language of whoever asks, from here on and in this context."""
    headers = request.headers if request else {}
    CHINESE.set(str(headers.get("accept-language", "")).lower().startswith("zh"))
