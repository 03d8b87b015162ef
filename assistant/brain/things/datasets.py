"""Which dataset is meant."""

import re

from assistant.brain.asked import Asked
from assistant.brain.mentions import is_document
from assistant.brain.reading import Span
from assistant.brain.things.names import FILE, by_stem, nth, other, place_said, told_apart
from assistant.brain.values import bare


def dataset(asked: Asked, guess: bool = True) -> str | None:
    """The dataset meant: named, pointed at, or (where ``guess``) the one that must be meant."""
    named = [m for m in asked.mentions.found if m.kind == "file" and not is_document(m.value)]
    if len(named) == 1:
        return named[0].value
    # The name of a model often shares a word with the file that it was trained on.
    half_said = [] if named else told_apart(asked.of_things("model"), asked.situation.file_names)
    if len(half_said) == 1:
        return half_said[0]
    names = asked.situation.files if len(asked.situation.files) > 1 else asked.situation.file_names
    if not named and _COUNTED.search(asked.text) and (counted := nth(place_said(asked.text) or "", names)):
        return counted
    for span in asked.named_first(asked.reading.of("dataset") + asked.reading.of("source")):
        if found := _dataset(span, asked):
            return found
    if named:
        return named[0].value
    return implied_dataset(asked) if guess else None


# Files that are counted ("the second file", "第二个"), and not their rows or columns.
_COUNTED = re.compile(
    r"\b(?:first|second|third|last) (?:file|data ?set|sheet|table)\b|第[一二三四]\s*[个份](?!列|模型|任务)",
    re.IGNORECASE,
)


def _dataset(span: Span, asked: Asked) -> str | None:
    situation = asked.situation
    mention = asked.named(span)
    if mention and mention.kind in ("file", "url", "base"):
        return mention.value
    names = situation.files if len(situation.files) > 1 else situation.file_names
    if span.pointer == "value":
        words = bare(asked.words(span))
        return by_stem(words, situation.file_names) or (
            words if FILE.fullmatch(words) else implied_dataset(asked)
        )
    if span.pointer == "new":
        return names[0] if names else None
    if span.pointer == "old":
        return names[-1] if names else None
    if span.pointer == "other":
        return other(names, asked.context.dataset)
    if span.pointer == "this" and situation.files and not _spoken_of(asked):
        return situation.files[0]
    return nth(span.pointer, names) or implied_dataset(asked)


def _spoken_of(asked: Asked) -> bool:
    """Whether the conversation is about a file already, and nothing new was attached since."""
    return asked.context.dataset is not None and not fresh_file(asked)


def implied_dataset(asked: Asked) -> str | None:
    """The dataset that goes without saying: newly attached, spoken of, or the only one."""
    situation = asked.situation
    if fresh_file(asked):
        return situation.files[0]
    if asked.context.dataset:
        return asked.context.dataset
    if situation.files:
        return situation.files[0]
    return situation.datasets[0] if len(situation.datasets) == 1 else None


def fresh_file(asked: Asked) -> bool:
    """Whether the newest attached file is the one to talk about: it has not come up yet, and no other attached one has,
    or the message points at it. Files stay attached for the length of a conversation.
    """
    files, context = asked.situation.files, asked.context
    if not files or files[0] in context.seen:
        return False
    pointed = any(
        span.pointer in ("this", "new") for span in asked.reading.of("dataset") + asked.reading.of("source")
    )
    return context.dataset not in files or pointed
