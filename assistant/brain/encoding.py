"""A message in its conversation as token ids for the encoder, and where each token stands in the message.

Layout: ``[CLS] message [SEP] [FILES] kinds of the attached files [USER] what the user said before [ASSISTANT] what the
assistant answered [SEP]``. Names are masked, so that the sentence counts and not the names in it; the attached files
and the exchange before give a short message its sense.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.brain.mentions import DOCUMENT_MASK, LONGEST, MASKS, Mentions, find_mentions, is_document
from knowledge.script import simplified

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from assistant.brain.situation import Situation

USER, ASSISTANT, FILES = "[USER]", "[ASSISTANT]", "[FILES]"
SPECIAL = (*MASKS.values(), DOCUMENT_MASK, USER, ASSISTANT, FILES)
MESSAGE = 128  # tokens read of a message
BEFORE = 40  # tokens read of the user's message before
HEAD, TAIL = 24, 48  # tokens read at the beginning and the end of the assistant's answer
MOST_FILES = 2
SIGNS = (
    dict.fromkeys("👍👌✅🆗☑✔", "yes")
    | dict.fromkeys("👎❌🚫✖⛔🛑✋🙅❎✗✘✕🤚🚷⏸⏹", "no")
    | dict.fromkeys("🙏❤🎉🙌", "thanks")
)


@dataclass(frozen=True)
class View:
    """A message as the encoder is to see it.

    Attributes:
        text: the message.
        role: whose it is, ``user`` or ``assistant``.
        user, assistant: what was said before by the two; empty where nothing was.
    """

    text: str
    role: str = "user"
    user: str = ""
    assistant: str = ""


@dataclass(frozen=True)
class Encoded:
    """Token ids, the segment of each, and the stretch of the message that each token stands for (None: no part of it).

    ``cut``: whether the message goes on behind the last token.
    """

    ids: list[int]
    segments: list[int]
    places: list[tuple[int, int] | None] = field(default_factory=list)
    cut: bool = False


class Eyes:
    """Turns views into token ids.

    Args:
        tokenizer: with the special tokens above.
    """

    def __init__(self, tokenizer: "Tokenizer"):
        self.tokenizer = tokenizer
        vocabulary = tokenizer.get_vocab()
        self._special = {token: vocabulary[token] for token in ("[CLS]", "[SEP]", *SPECIAL)}

    def encode(self, view: View, mentions: Mentions, situation: "Situation") -> Encoded:
        """One view.

        Args:
            view: the message and what went before.
            mentions: what the message names.
            situation: whose names are masked in what went before, and whose files are attached.
        """
        masked = mentions.masked()
        read = self.tokenizer.encode(simplified(masked.text[:LONGEST]), add_special_tokens=False)
        ids = [self._special["[CLS]"]]
        places: list[tuple[int, int] | None] = [None]
        if view.role == "assistant":
            ids, places = [*ids, self._special[ASSISTANT]], [*places, None]
        ids += read.ids[:MESSAGE]
        places += [masked.stretch(start, end) for start, end in read.offsets[:MESSAGE]]
        ids, places = [*ids, self._special["[SEP]"]], [*places, None]
        context = self._context(view, situation)
        return Encoded(
            ids + context,
            [0] * len(ids) + [1] * len(context),
            places + [None] * len(context),
            len(read.ids) > MESSAGE or len(masked.text) > LONGEST,
        )

    def _context(self, view: View, situation: "Situation") -> list[int]:
        ids: list[int] = []
        if situation.files:
            ids.append(self._special[FILES])
            for name in situation.files[:MOST_FILES]:
                ids.append(self._special[DOCUMENT_MASK if is_document(name) else MASKS["file"]])
        if view.user:
            ids += [self._special[USER], *self._read(view.user, situation)[:BEFORE]]
        if view.assistant:
            said = self._read(view.assistant, situation)
            kept = said if len(said) <= HEAD + TAIL else said[:HEAD] + said[-TAIL:]
            ids += [self._special[ASSISTANT], *kept]
        return [*ids, self._special["[SEP]"]] if ids else []

    def _read(self, text: str, situation: "Situation") -> list[int]:
        shortened = text if len(text) <= 1200 else f"{text[:400]} {text[-800:]}"
        masked = find_mentions(shortened, situation).masked()
        return self.tokenizer.encode(simplified(masked.text), add_special_tokens=False).ids


def views(messages: Sequence[Mapping[str, Any]]) -> list[View]:
    """A view of each message of a conversation (``{"role", "content"}``; other roles than the two are passed over)."""
    found: list[View] = []
    user = assistant = ""
    for message in messages:
        role, text = message["role"], _spelled_out(message["content"])
        found.append(View(text, "assistant" if role == "assistant" else "user", user, assistant))
        if role == "user":
            user, assistant = text, ""
        elif role == "assistant" and text:
            assistant = f"{assistant} {text}".strip()
    return found


def _spelled_out(text: str) -> str:
    """A message of signs alone ("👍") in words; the encoder knows no pictures."""
    return " ".join(SIGNS[sign] for sign in text if sign in SIGNS) if not re.search(r"\w", text) else text


def make_tokenizer(file: Path, characters: Sequence[str]) -> "Tokenizer":
    """The base model's tokenizer with the special tokens and further Chinese characters.

    Args:
        file: the base's ``tokenizer.json``.
        characters: each becomes a word of its own, in this order behind the base's vocabulary.

    Returns:
        A tokenizer whose ids go on where the base's end: the characters, then :data:`SPECIAL`.
    """
    import json

    from tokenizers import AddedToken, Tokenizer

    record = json.loads(file.read_text("utf-8"))
    vocabulary = record["model"]["vocab"]
    # A character the base knows gets a new row too: an English encoder has learned next to nothing about it.
    vocabulary.update({character: at for at, character in enumerate(characters, start=len(vocabulary))})
    record["truncation"] = record["padding"] = None
    tokenizer = Tokenizer.from_str(json.dumps(record))
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIAL])
    return tokenizer
