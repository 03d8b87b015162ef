"""Documents of a folder or an archive that are no longer there when it is added again."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from knowledge.gather import place


def gone(
    sources: Sequence[str], found: Collection[str], known: Sequence[dict[str, Any]]
) -> Iterator[dict[str, str]]:
    """What the base still holds of a place, though it has gone from there.

    Args:
        sources: the places that were added, folders and archives among them.
        found: the locations that were found there.
        known: the documents of the base.

    Yields:
        ``source`` and ``reason`` of each.
    """
    places = [place(each) for each in sources if "://" not in each]
    below = tuple(f"{each}{mark}" for each in places if each for mark in ("/", "!/"))
    for each in known:
        if each["location"].startswith(below) and _missing(each["location"], found):
            yield {
                "source": each["source"],
                "reason": "It is no longer there. What was known of it is kept until you remove it.",
            }


def _missing(location: str, found: Collection[str]) -> bool:
    if location in found:
        return False
    path, _, inner = location.partition("!/")
    try:
        Path(path).stat()
    except FileNotFoundError:
        return True
    except OSError:  # it may be there
        return False
    return bool(inner) and path not in found  # an archive that was found itself could not be read
