"""Forms of address before a name, which tell a person's sex, and where somebody comes from or what they believe."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer

TITLE = re.compile(
    r"(?<!\w)(?:[Mm]r|[Mm]rs|[Mm]s|[Mm]x|[Dd]r|[Pp]rof|MR|MRS|MS|DR|Miss)\.?(?=[ \t]+[^\W\d_]{2})"
)
AFTER = re.compile(r"[ \t.]*")
PEOPLES = (
    r"(?:american|british|english|scottish|welsh|irish|german|french|italian|spanish|portuguese|dutch|belgian|swiss|austrian|danish|swedish|"
    r"norwegian|finnish|icelandic|polish|czech|slovak|hungarian|romanian|bulgarian|greek|turkish|russian|ukrainian|belarusian|serbian|croatian|"
    r"bosnian|slovenian|albanian|estonian|latvian|lithuanian|georgian|armenian|iranian|persian|iraqi|syrian|lebanese|israeli|palestinian|"
    r"jordanian|egyptian|saudi|emirati|yemeni|kuwaiti|qatari|moroccan|algerian|tunisian|libyan|sudanese|ethiopian|eritrean|somali|kenyan|ugandan|"
    r"tanzanian|rwandan|nigerian|ghanaian|senegalese|cameroonian|congolese|angolan|zambian|zimbabwean|namibian|indian|pakistani|bangladeshi|"
    r"nepali|sri lankan|afghan|kazakh|uzbek|tajik|chechen|mongolian|chinese|taiwanese|japanese|korean|vietnamese|thai|cambodian|laotian|burmese|"
    r"malaysian|indonesian|filipino|filipina|australian|canadian|mexican|cuban|jamaican|haitian|dominican|guatemalan|honduran|colombian|venezuelan|"
    r"ecuadorian|peruvian|bolivian|chilean|argentinian|brazilian|uruguayan|paraguayan|kurdish|roma|jewish|muslim|christian|catholic|protestant|"
    r"orthodox|hindu|buddhist|sikh|atheist|greenlander|maori)s?"
)
NAMED = frozenset(re.sub(r"[^a-z |]", "", PEOPLES).replace(" ", "|").removesuffix("s").split("|"))
LETTERS = re.compile(r"[a-z]+")
# Said of people; "German manual" and "Chinese characters" say nothing about anybody.
OF_PEOPLE = re.compile(
    rf"(?i)\b(?:i am|i'm|we are|we're|he is|he's|she is|she's|they are|they're|nationality(?: is)?:?|religion(?: is)?:?|born|proud|as an?)\s+"
    rf"(?:a |an |proud |half |also )?({PEOPLES})\b(?!\s+(?:customers?|users?|readers?|version|speak))"
    rf"|\b({PEOPLES})\s+(?:citizen|national|passport holder|man|woman|couple|family|immigrant|refugee)s?\b"
)
CHINESE = re.compile(
    r"(?:民族|国籍|宗教信仰)[::是为\s]{1,3}([\u4e00-\u9fff]{1,5})|(?:信仰|信奉)([\u4e00-\u9fff]{1,3}教)"
)


class Titles(Recognizer):
    """Mr., Mrs., Dr. and the like where a name follows."""

    TYPES = ("TITLE",)
    GATED = False

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        starts = {span.start_char for span in named if span.label_ == "PERSON"}
        for match in TITLE.finditer(text):
            follows = match.end() + len(AFTER.match(text, match.end()).group())  # type: ignore[union-attr]
            if follows in starts or match.start() in starts or text[follows : follows + 1].isupper():
                yield Entity("TITLE", match.start(), match.end(), 0.8)


class Peoples(Recognizer):
    """Nationality, origin and belief, where a text says them of people (data of a special kind in the GDPR)."""

    TYPES = ("NRP",)
    GATED = False

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        words = LETTERS.findall(text.casefold())
        for pattern in (OF_PEOPLE, CHINESE):
            if pattern is OF_PEOPLE and not any(word in NAMED or word[:-1] in NAMED for word in words):
                continue  # what is quickly seen
            if pattern is CHINESE and text.isascii():
                continue
            for match in pattern.finditer(text):
                group = 1 if match.group(1) else 2
                yield Entity("NRP", match.start(group), match.end(group), 0.7)
