"""What the user is told when the chat model cannot go on, in the language of the conversation."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.brain.conversation import text_of
from assistant.brain.language import Language, language_of, pick

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

NOTICES = {
    "away": (
        "The chat model does not answer; I go on with the embedded one.",
        "聊天模型没有响应，我先用内置模型继续。",
    ),
    "too_long": (
        "This is too long for the chat model to read at once; I answer with the embedded one. "
        "For a better answer, send a shorter message, or the text as a file.",
        "这条消息太长，聊天模型一次读不完，我先用内置模型回答。想要更好的回答，请发短一些，或把内容作为文件上传。",
    ),
    "broke_off": (
        "(The answer broke off here: the chat model stopped sending. Ask me to go on, or ask again.)",
        "（回答到这里中断了：聊天模型不再发送内容。可以让我继续，或者再问一次。）",
    ),
    "too_many_steps": (
        "I stop here: this took more steps than one message may take. "
        "Tell me how to go on, or ask for one thing at a time.",
        "我先停在这里：这条消息需要的步骤太多了。请告诉我怎么继续，或者一次只问一件事。",
    ),
    "nothing_said": (
        "The chat model gave no answer. Ask again, perhaps in other words.",
        "聊天模型没有给出回答。请再问一次，或者换个说法。",
    ),
}


def notice(kind: str, messages: Sequence["BaseMessage"]) -> str:
    """One of :data:`NOTICES`.

    Args:
        kind: its key.
        messages: the conversation, which tells the language.
    """
    return pick(spoken(messages), *NOTICES[kind])


def spoken(messages: Sequence["BaseMessage"]) -> Language:
    """The language of the user's newest message with words of its own; a bare "ok" says nothing about it."""
    said = [text_of(message) for message in reversed(messages) if message.type == "human"]
    telling = (
        text for text in said if language_of(text) == "zh" or re.search(r"[A-Za-z]{2}\s+[A-Za-z]{2}", text)
    )
    return language_of(next(telling, said[0] if said else ""))
