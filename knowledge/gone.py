"""Documents of a folder or an archive that are no longer there when it is added again."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from knowledge.decode import whole
from knowledge.gather import INSIDE, place
from knowledge.known import Known


def gone(sources: Sequence[str], found: Mapping[str, bool], known: Known) -> Iterator[dict[str, str]]:
    """What the base still holds of a place, though it has gone from there.

    Args:
        sources: the places that were added, folders, archives and mails among them.
        found: the locations that were found there, and of each whether it was opened and what is in it found, too.
        known: what the base holds.

    Yields:
        ``source`` and ``reason`` of each.
    """
    places = [place(each) for each in sources if "://" not in each]
    for beginning in dict.fromkeys(
        f"{whole(str(each))}{mark}" for each in places if each for mark in ("/", INSIDE)
    ):
        for each in known.below(beginning):
            if _missing(each["location"], found):
                yield {
                    "source": each["source"],
                    "reason": "It is no longer there. What was known of it is kept until you remove it.",
                }


def _missing(location: str, found: Mapping[str, bool]) -> bool:
    if location in found:
        return False
    path, *inner = location.split(INSIDE)
    try:
        Path(path).stat()
    except FileNotFoundError:
        return True
    except OSError:  # it may be there
        return False
    around = [INSIDE.join([path, *inner[:depth]]) for depth in range(len(inner))]
    return bool(around) and not any(found.get(each) is False for each in around)
