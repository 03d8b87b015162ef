"""What tools say in English, told in Chinese: ``zh.json`` holds their sentences as templates, ``{0}`` for what changes.

A catalogue of finished sentences, and not gettext in the tools, as the tools' words go to command line, API and pages
too, and only the one who reads them has a language.
"""

import functools
import json
import re
from pathlib import Path
from typing import Any

SAID = ("error", "hint", "reason", "why", "note", "notes", "warnings")  # where results hold sentences
_HOLE = re.compile(r"\{(\d+)\}")
LONGEST = 1_000  # characters that are looked up
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
        for end in range(len(parts), 0, -1):
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
    for pattern, chinese in _catalogue():
        if found := pattern.fullmatch(sentence):
            return _filled(
                chinese, {key: sentences(value) for key, value in found.groupdict().items() if value}
            )
    return ""


def _filled(chinese: str, values: dict[str, str]) -> str:
    told = _HOLE.sub(lambda hole: values.get(f"n{hole[1]}", ""), chinese)
    return told.replace("{{", "{").replace("}}", "}")


@functools.cache
def _catalogue() -> list[tuple[re.Pattern[str], str]]:
    """Patterns and what they become, those with most words of their own first: they say most about a sentence."""
    held: dict[str, str] = json.loads(Path(__file__).with_name("zh.json").read_text(encoding="utf-8"))
    ordered = sorted(held, key=lambda english: -len(_HOLE.sub("", english)))
    return [(_pattern(english), held[english]) for english in ordered]


def _pattern(english: str) -> re.Pattern[str]:
    parts, written = _HOLE.split(english), ""
    for at, part in enumerate(parts):
        literal = re.escape(part.replace("{{", "{").replace("}}", "}"))
        written += (
            literal
            if at % 2 == 0
            else f"(?P<n{part}>.*?)"
            if f"<n{part}>" not in written
            else f"(?P=n{part})"
        )
    return re.compile(written, re.DOTALL)
