"""What a chat model is given to read, and where the text that it writes ends."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

from tools.errors import BadArgument
from tools.finetune.conversations import TEMPLATE, Message


def before_stop(pieces: Any, stop: list[str]) -> Generator[str, None, bool]:
    """Pieces up to the first stop string, which is held back even where it comes in parts; whether one came."""
    held = ""
    keep = max((len(word) for word in stop), default=1) - 1
    for piece in pieces:
        held += piece
        cut = min((held.find(word) for word in stop if word in held), default=-1)
        if cut >= 0:
            yield held[:cut]
            return True
        if len(held) > keep:
            yield held[: len(held) - keep]
            held = held[len(held) - keep :]
    if held:
        yield held
    return False


def prompt(tokenizer: Any, messages: list[Message]) -> str:
    """A conversation as the model was taught to read it, up to where its answer begins.

    Raises:
        BadArgument: the model's template knows no such conversation: some want no system message, or strict turns.
    """
    from jinja2 import TemplateError

    try:
        return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
    except TemplateError as error:
        raise BadArgument(
            f"The model's chat template does not take these messages: {str(error).rstrip('.')}.",
            "Send user and assistant messages in turn, and what the system message says within the first of them.",
            param="messages",
        ) from error


def room(asked: int, window: int) -> int:
    """How many more tokens a model can look at.

    Args:
        asked: tokens of the conversation.
        window: tokens that the model can look at.

    Raises:
        BadArgument: none.
    """
    if asked >= window:
        raise BadArgument(
            f"The conversation has {asked:,} tokens; the model reads {window:,}.",
            "Send fewer or shorter messages.",
            param="messages",
        )
    return window - asked


def chat_tokenizer(base: Path | str) -> Any:
    """With a chat template: the model's own, or a plain one."""
    from tools.finetune.encoder import load_tokenizer

    tokenizer = load_tokenizer(base)
    if tokenizer.chat_template is None:
        tokenizer.chat_template = TEMPLATE
    return tokenizer
