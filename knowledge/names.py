"""The names of sources: which one is free for a new document, and which one a user means."""

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any, Protocol

from knowledge.errors import UnknownSource
from knowledge.gather import INSIDE, place

# A store of uploads puts every version of a file into a folder of its own with such a name; a file of the same name in
# another such folder is its newer version, whereas elsewhere it is another document.
_UPLOAD = re.compile(r"^file-[0-9a-f]{8,}$")


class Places(Protocol):
    """Which source lies where; :class:`knowledge.known.Known` is one."""

    def source_at(self, location: str) -> str | None:
        """The source at a location."""
        ...

    def location_of(self, source: str) -> str | None:
        """The location of a source."""
        ...


def free_name(wish: str, location: str, known: Places) -> str:
    """The name a document gets: the one it has already, its wish, or the wish with more of its path in front.

    Args:
        wish: the file's name, or its path below the folder that was added.
        location: where it is.
        known: the documents of the base.
    """
    if source := known.source_at(location):
        return source
    name, parents = wish, list(PurePath(location).parents)[wish.count("/") :]
    while (taken := known.location_of(name)) is not None and not _newer_version(taken, location):
        parent = parents.pop(0).name if parents else ""
        name = f"{parent}/{name}" if parent else f"{name} (2)"
    return name


def _newer_version(old: str, new: str) -> bool:
    was, now = (
        PurePath(each.partition(INSIDE)[0]) for each in (old, new)
    )  # of what is inside: where that lies
    both_uploads = _UPLOAD.match(was.parent.name) and _UPLOAD.match(now.parent.name)
    return bool(both_uploads) and was.parent.parent == now.parent.parent


def exactly(name: str, known: Sequence[dict[str, Any]]) -> list[str]:
    """The sources of this very name, at this very place, or below the folder of this name.

    Args:
        name: a source, its location, or a folder of sources.
        known: the documents of the base.

    Raises:
        UnknownSource: there is none.
    """
    for wanted in _spellings(name):  # of a site, the page that ends in "/" is not all that is below it
        if there := [e for e in known if wanted in (e["source"], e["location"])]:
            inside = tuple(f"{e['location']}{INSIDE}" for e in there)
            below = tuple(f"{e['source']}/" for e in there if e["source"].lower().endswith(".eml"))
            return [  # a mail goes with what is attached to it, or was to an older version
                e["source"]
                for e in known
                if e in there
                or e["location"].startswith(inside)
                or (e["source"].startswith(below) and f".eml{INSIDE}" in e["location"].lower())
            ]
    found = [e["source"] for e in known if wanted and e["source"].startswith(f"{wanted}/")]
    if not found:
        raise _unknown(name, [each["source"] for each in known])
    return found


def match_name(name: str, known: Sequence[dict[str, Any]]) -> str:
    """The source, or folder of sources, that a user means.

    Raises:
        UnknownSource: none fits, or several.
    """
    for candidates in _choices(name, known):
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            several = ", ".join(sorted(candidates)[:5])
            raise UnknownSource(f"{name} fits several sources: {several}.", "Say which one.", param="source")
    raise _unknown(name, [each["source"] for each in known])


def _spellings(name: str) -> tuple[str, str]:
    """A name as it was given, and without the stroke at its end."""
    return name.strip(), name.strip().rstrip("/")


def _choices(name: str, known: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    """The sources and folders that a name may mean, the likeliest first; the others are searched for only then."""
    given, wanted = _spellings(name)
    sources, path = [each["source"] for each in known], str(place(wanted))
    lower = wanted.lower()
    yield [each for each in sources if each == given] or [each for each in sources if each == wanted]
    yield [each["source"] for each in known if each["location"] in (given, wanted, path)]
    yield _folders(wanted, path, known)
    yield [each for each in sources if each.lower() == lower]
    if "/" not in wanted:  # a path means what lies there, not another file of the same name
        yield [each for each in sources if PurePath(each).name.lower() == lower]
        yield [each for each in sources if PurePath(each).stem.lower() == lower]
        yield [each for each in sources if wanted and lower in each.lower()]


def _folders(name: str, path: str, known: Sequence[dict[str, Any]]) -> list[str]:
    """The folders of sources that have a name, or lie whole at a path."""
    lies = {each["source"]: _folder_at(path, each) for each in known}
    found = {
        folder
        for folder in set(lies.values())
        if folder and all(at == folder for source, at in lies.items() if source.startswith(f"{folder}/"))
    }
    return sorted(found | {name for source in lies if name and source.startswith(f"{name}/")})


def _folder_at(path: str, document: dict[str, Any]) -> str:
    """The folder of sources that a path is, as far as one document below it tells; empty where it is not below it."""
    location, path = (each.replace("\\", "/") for each in (document["location"], path))
    rest = location.removeprefix(path).removeprefix("!")  # "!": in an archive
    below = location.startswith(path) and rest.startswith("/") and document["source"].endswith(rest)
    return document["source"].removesuffix(rest) if below else ""


def _unknown(name: str, sources: Sequence[str]) -> UnknownSource:
    close = difflib.get_close_matches(name.strip().rstrip("/"), sources, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(close)}?" if close else "List the sources to see what there is."
    return UnknownSource(f"The knowledge base holds no {name}.", hint, param="source")
