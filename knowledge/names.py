"""The names of sources: which one is free for a new document, and which one a user means."""

import difflib
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from knowledge.errors import UnknownSource
from knowledge.gather import place

# A store of uploads puts every version of a file into a folder of its own with such a name; a file of the same name in
# another such folder is its newer version, whereas elsewhere it is another document.
_UPLOAD = re.compile(r"^file-[0-9a-f]{8,}$")


def free_name(wish: str, location: str, known: Sequence[dict[str, Any]]) -> str:
    """The name a document gets: the one it has already, its wish, or the wish with more of its path in front.

    Args:
        wish: the file's name, or its path below the folder that was added.
        location: where it is.
        known: the documents of the base.
    """
    for each in known:
        if each["location"] == location:
            return each["source"]
    taken = {each["source"]: each["location"] for each in known}
    name, parents = wish, list(PurePath(location).parents)[wish.count("/") :]
    while name in taken and not _newer_version(taken[name], location):
        parent = parents.pop(0).name if parents else ""
        name = f"{parent}/{name}" if parent else f"{name} (2)"
    return name


def _newer_version(old: str, new: str) -> bool:
    was, now = PurePath(old), PurePath(new)
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
    wanted = name.strip().rstrip("/")
    found = [e["source"] for e in known if wanted in (e["source"], e["location"])]
    found = found or [e["source"] for e in known if wanted and e["source"].startswith(f"{wanted}/")]
    if not found:
        raise _unknown(name, [each["source"] for each in known])
    return found


def match_name(name: str, known: Sequence[dict[str, Any]]) -> str:
    """The source, or folder of sources, that a user means.

    Raises:
        UnknownSource: none fits, or several.
    """
    wanted = name.strip().rstrip("/")
    sources = [each["source"] for each in known]
    folders = {
        "/".join(source.split("/")[:depth]) for source in sources for depth in range(1, source.count("/") + 1)
    }
    lower, path = wanted.lower(), str(place(wanted))
    choices = [
        [each for each in sources if each == wanted],
        [each["source"] for each in known if each["location"] in (wanted, path)],
        [each for each in folders if each == wanted or _lies_at(path, each, known)],
        [each for each in sources if each.lower() == lower],
    ]
    if "/" not in wanted:  # a path means what lies there, not another file of the same name
        choices += [
            [each for each in sources if PurePath(each).name.lower() == lower],
            [each for each in sources if PurePath(each).stem.lower() == lower],
            [each for each in sources if wanted and lower in each.lower()],
        ]
    for candidates in choices:
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            several = ", ".join(sorted(candidates)[:5])
            raise UnknownSource(f"{name} fits several sources: {several}.", "Say which one.", param="source")
    raise _unknown(name, sources)


def _lies_at(path: str, folder: str, known: Sequence[dict[str, Any]]) -> bool:
    """Whether a folder of sources is the one at a path."""
    below = [
        (e["location"], e["source"].removeprefix(folder))
        for e in known
        if e["source"].startswith(f"{folder}/")
    ]
    return all(
        location in (f"{path}{rest}", f"{path}!{rest}") for location, rest in below
    )  # "!": in an archive


def _unknown(name: str, sources: Sequence[str]) -> UnknownSource:
    close = difflib.get_close_matches(name.strip().rstrip("/"), sources, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(close)}?" if close else "List the sources to see what there is."
    return UnknownSource(f"The knowledge base holds no {name}.", hint, param="source")
