"""English and Chinese: the pages' words are written in English, and ``zh.json`` holds them in Chinese.

Components take :func:`t`, which the browser translates; HTML that is made here takes :func:`say`, in the language that
the request at hand prefers. A test holds that every word has its translation.
"""

from typing import Any

import gradio as gr

from ui import languages
from ui.languages import ZH, say, told

__all__ = ["ZH", "Words", "listen", "say", "t", "told"]
LOCALES = ("zh", "zh-CN", "zh-TW", "zh-HK", "zh-SG")


class Words(gr.I18n):
    """The translations as Gradio's pages want them; a word without one stays as it is."""

    def __init__(self) -> None:
        super().__init__(en={each: each for each in ZH}, **dict.fromkeys(LOCALES, ZH))

    def __call__(self, key: str) -> Any:
        """The word for a component, whatever type the component says it takes."""
        return super().__call__(key)


t = Words()


def listen(request: gr.Request | None) -> None:
    """Speak the language of whoever asks, from here on and in this context."""
    languages.listen(request.headers if request else {})
