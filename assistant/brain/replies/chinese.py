"""What tools say in English, told in Chinese: ``zh.json`` holds their sentences as templates, ``{0}`` for what changes.

A catalogue of finished sentences, and not gettext in the tools, as the tools' words go to command line, API and pages
too, and only the one who reads them has a language.
"""

import functools
import heapq
import json
import re
from pathlib import Path
from typing import Any

SAID = ("error", "hint", "reason", "why", "note", "notes", "warnings")  # where results hold sentences
_HOLE = re.compile(r"\{(\d+)\}")
LONGEST, SENTENCE = 1_000, 500  # characters that are looked up, in all and of a sentence
TOGETHER = 3  # sentences that a template holds at most
CLAUSE = 24  # characters from which on something within a sentence is looked up: a name is rarely so long
Known = tuple[int, re.Pattern[str], str]
_END = re.compile(r"(?<=[.!?])\s+")


def in_chinese(value: Any, key: str = "") -> Any:
    """A tool's result with its sentences in Chinese, as far as they are known; all else as it is.

    Args:
        value: the result, or a part of it.
        key: the part's name in what holds it.
    """
    if isinstance(value, dict):
        return {name: in_chinese(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [in_chinese(each, key) for each in value]
    return sentences(value) if isinstance(value, str) and key in SAID else value


@functools.lru_cache(1_000)
def sentences(text: str) -> str:
    """Sentences in Chinese; those that the catalogue does not hold stay English.

    Args:
        text: one or more sentences; the longest beginning that is known is taken first.
    """
    if len(text) > LONGEST:
        return text
    parts = _END.split(text.strip())
    told: list[str] = []
    while parts:
        for end in range(min(len(parts), TOGETHER), 0, -1):
            if known := _known(" ".join(parts[:end])):
                break
        else:
            known, end = parts[0], 1
        told.append(known)
        parts = parts[end:]
    return joined(*told)


def joined(*told: str) -> str:
    """Sentences behind each other: a blank follows those that are still English, and none the Chinese ones."""
    return re.sub(r"(?<=[。！？”）]) ", "", " ".join(each for each in told if each))


def _known(sentence: str) -> str:
    if len(sentence) > SENTENCE:
        return ""
    by_word, any_word = _catalogue()
    likely = heapq.merge(by_word.get(sentence.split(" ", 1)[0], ()), any_word, key=lambda each: each[0])
    for _, pattern, chinese in likely:
        found = pattern.fullmatch(sentence)
        # What fills a hole is a name or a clause; with the end of a sentence in it, it is of another sentence.
        if found and not any(_END.search(value or "") for value in found.groupdict().values()):
            return _filled(chinese, {key: _value(value) for key, value in found.groupdict().items() if value})
    return ""


def _value(text: str) -> str:
    """What fills a hole: a name of the user's stays, a clause is told."""
    return sentences(text) if text.endswith((".", "!", "?")) or len(text) > CLAUSE else text


def _filled(chinese: str, values: dict[str, str]) -> str:
    parts = _HOLE.split(chinese)
    return "".join(values.get(f"n{part}", "") if at % 2 else _plain(part) for at, part in enumerate(parts))


def _plain(literal: str) -> str:
    return literal.replace("{{", "{").replace("}}", "}")


@functools.cache
def _catalogue() -> tuple[dict[str, list[Known]], list[Known]]:
    """Patterns and what they become, by the sentence's first word, and those that may begin with any.

    Each is numbered: those with most words of their own come first, as they say most about a sentence.
    """
    held: dict[str, str] = json.loads(Path(__file__).with_name("zh.json").read_text(encoding="utf-8"))
    by_word: dict[str, list[Known]] = {}
    any_word: list[Known] = []
    for rank, english in enumerate(sorted(held, key=lambda each: -len(_HOLE.sub("", each)))):
        first = english.split(" ", 1)[0]
        group = any_word if "{" in first else by_word.setdefault(first, [])
        group.append((rank, _pattern(english), held[english]))
    return by_word, any_word


def _pattern(english: str) -> re.Pattern[str]:
    parts, written = _HOLE.split(english), ""
    for at, part in enumerate(parts):
        literal = re.escape(_plain(part))
        written += (
            literal
            if at % 2 == 0
            else f"(?P<n{part}>.*?)"
            if f"<n{part}>" not in written
            else f"(?P=n{part})"
        )
    return re.compile(written, re.DOTALL)
