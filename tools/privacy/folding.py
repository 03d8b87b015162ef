"""A text as the recognizers read it: ordinary spaces, hyphens and digits, nothing that cannot be seen."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from knowledge.script import simplified
from tools.privacy.entity import Entity

# Full-width ASCII as Chinese keyboards write it, spaces of any width, hyphens that do not break a line.
SPACES = (0x00A0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
FOLDED = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys(SPACES, 0x20)
    | dict.fromkeys((0x2010, 0x2011, 0xFE63), 0x2D)
)
DASH = re.compile(r"(?<=\d)[\u2012-\u2015\u2212](?=\d)")  # elsewhere dashes say something
DIGIT = re.compile(r"[^\D0-9]")  # of other scripts
UNPAIRED = re.compile(r"[\ud800-\udfff]")
# Zero-width spaces and joiners, soft hyphens, marks of direction.
UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")


class Folded:
    """A text folded, and where its characters stood.

    Args:
        text: any text, also one with halves of surrogate pairs.
    """

    def __init__(self, text: str):
        self._places: list[int] | None = None
        if text.isascii():
            self.text = text
            return
        if UNSEEN.search(text):
            kept = UNSEEN.sub("", text)
            hidden = {at for match in UNSEEN.finditer(text) for at in range(*match.span())}
            self._places = [at for at in range(len(text)) if at not in hidden]
            text = kept
        text = UNPAIRED.sub("\ufffd", text.translate(FOLDED))
        text = DIGIT.sub(lambda match: str(unicodedata.decimal(match.group())), text)
        self.text = simplified(DASH.sub("-", text))

    def unfolded(self, found: Iterable[Entity]) -> list[Entity]:
        """What was found in :attr:`text`, with offsets into the text that was given."""
        places = self._places
        if places is None:
            return list(found)
        return [
            replace(each, start=places[each.start], end=places[each.end - 1] + 1)
            for each in found
            if each.end > each.start
        ]
