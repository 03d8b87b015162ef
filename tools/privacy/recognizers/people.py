"""Names of people in texts written with Latin letters."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, before

WORD = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
CAPITAL = r"(?:[A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-Я](?:[^\W\d_]|['’-](?=[^\W\d_]))*\.?)"
UPPER = r"[A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-Я]"
PARTICLE = r"(?:van|von|der|den|de|del|della|di|da|dos|du|la|le|bin|ibn|al|el|ter|ten|af|zu|Mc|O['’])"
FULL = rf"{CAPITAL}(?:[ \t]+(?:{PARTICLE}[ \t]+){{0,2}}{CAPITAL}){{0,3}}"
ANY = rf"{WORD}(?:[ \t]+{WORD}){{0,2}}"
# "my name is …" and the like: what follows is a name in whatever case it is written.
SAID = re.compile(
    rf"(?i:\b(?:my (?:full |first |last )?name is|my name's|name['’]?s|i am called|they call me|(?:full|first|last|customer|client|patient|"
    rf"contact|account|card ?holder|employee|recipient|sender|user)[ _]?name[\"']?\s*(?:is|:|=)|name[\"']?\s*:|cardholder:?|"
    rf"signed,?|customer:|client:|patient:|recipient:|attn:?|c/o|named after|on behalf of|speaking with|spoke (?:to|with)))[\s\"']{{1,3}}({ANY})"
)
TITLED = re.compile(
    rf"\b(?:[Mm]r|[Mm]rs|[Mm]s|[Mm]x|[Dd]r|[Pp]rof|MR|MRS|MS|DR|Miss|Mister|Madam|Sir|Herr|Frau|Señor|Señora|Monsieur|Madame)\b\.?[ \t]+({FULL})"
)
IM = re.compile(
    rf"(?i:\b(?:i['’]?m|i am|this is|it['’]?s|here is|call me|ask for|contact|dear|hi|hello|hey|thanks,|regards,|cheers,|sincerely,|best,))[\s,]{{1,3}}({ANY})"
)
SIGNED = re.compile(
    rf"(?im:^(?:(?:kind |best |warm )?regards|sincerely|cheers|thanks|best|yours(?: truly)?)[,!.]?\s*\n+)({FULL})[ \t]*$",
    re.MULTILINE,
)
INITIAL = re.compile(
    rf"(?<![\w@./-])((?:{CAPITAL}[ \t]+){{1,2}}{UPPER}\.?[ \t]+{UPPER}[^\W\d_]+(?:['’-][^\W\d_]+)*)(?![\w@]|\.\w)"
)
ALONE = re.compile(rf"(?<![\w@./\\<-])({WORD})(?![\w@/\\=(]|[.-]\w)")
# Given names that are also words, places or products: alone they say nothing.
AMBIGUOUS = set(
    "alma amber april asha ash aurora ava becky bill bob brad carol casey chad charlotte chelsea christian clay cody dale dawn dean "
    "devin drew dolores don earl ella eve faith flora florence floyd frank gene georgia gloria grace hope holly hugo iris ivy jack jan jade jasmine "
    "jay jean jesus jordan joy june juan kelly ken kim lance lea lee leon li mark marina max may mia mercedes mike milan myra nelson noel nick norma olive "
    "page pat paris penny pierre rich rick ray rob robin roman rosa rose ruby ryan sally sandy scott sean shannon sky sofia stan stella sue "
    "summer ted tim tom tony tracy troy victor victoria violet virginia wayne wei will yan zoe zara viola jun chen phil art ann anya lars kumar".split()
) - set(
    "ann bob frank nick tom tim tony mike kim jack kelly sally scott ryan sean ken phil zoe lars pierre rick ted".split()
)
VERBAL = re.compile(r"(?i)^(?:said|told|asks?|and|or|vs|for|.*(?:ed|ing|s))$")
PAIR = re.compile(rf"(?<![\w@./-])({WORD})[ \t]+((?:{WORD}\.?[ \t]+)?{WORD})(?![\w@]|\.\w)")
PRONOUNS = set(
    "a about after again all also am an and any are as asking at available back be been because being but by calling can could did do "
    "does doing down for from getting glad going good had happy has have having he her here hers him his how i if in interested into is it "
    "its just keen later like locked looking me mine more much my need never new no not now of off on only or our out over quite ready "
    "really she so sorry still stuck sure than that the their them then there these they this those through to too trying unable under until up us "
    "using very wanting was we were what when where which while who whom why will with without would writing wondering working you "
    "your yours afraid one two having there everyone everybody folks guys again anybody somebody someone hope can't cannot please".split()
)


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset((files("tools.privacy") / name).read_text("utf-8").split())


class People(Recognizer):
    """Names after words that announce one, names on a list of given names, and what the NER model takes for a person."""

    TYPES = ("PERSON",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for pattern, score in ((SAID, 0.9), (TITLED, 0.9), (SIGNED, 0.85)):
            for match in pattern.finditer(text):
                yield from _trimmed(text, match.start(1), match.end(1), score)
        for match in IM.finditer(text):
            first = re.match(WORD, match.group(1))
            if (
                first
                and _given(first.group())
                and (first.group()[0].isupper() or match.group().lower().startswith("i"))
            ):
                yield from _trimmed(text, match.start(1), match.end(1), 0.8)
        for match in INITIAL.finditer(text):
            if not any(known(word) for word in match.group(1).split()):
                yield from _trimmed(text, match.start(1), match.end(1), 0.8)
        yield from _listed(text)
        yield from _alone(text)
        for span in named:
            if span.label_ == "PERSON" and _plausible(text, span.start_char, span.end_char):
                yield from _trimmed(text, span.start_char, span.end_char, 0.7)


def _listed(text: str) -> Iterator[Entity]:
    """A given name with a capital and a further word with a capital."""
    at = 0
    while match := PAIR.search(text, at):
        at = match.end(1)
        given, rest = match.group(1), match.group(2)
        if _given(given) and given[0].isupper():
            surname = rest if rest.split()[-1][0].isupper() else rest.split()[0]
            if surname[0].isupper() and not known(surname.split()[-1]):
                yield from _trimmed(text, match.start(), match.start(2) + len(surname), 0.75)
                at = match.start(2) + len(surname)


def _alone(text: str) -> Iterator[Entity]:
    """A given name by itself, and the name after it where nothing has a capital."""
    for match in ALONE.finditer(text):
        word = match.group(1)
        if not _given(word) or known(word) or word.casefold() in AMBIGUOUS:
            continue
        if word[0].isupper():
            yield Entity("PERSON", match.start(), match.end(), 0.65)
        elif len(word) > 3:
            follows = re.match(rf"[ \t]+({WORD})", text[match.end() :])
            family = follows and follows.group(1)
            extra = bool(family) and not (
                known(family) or family.casefold() in PRONOUNS or VERBAL.match(family)
            )
            yield Entity(
                "PERSON", match.start(), match.end() + (follows.end() if follows and extra else 0), 0.6
            )


def _given(word: str) -> bool:
    return word.casefold() in _words("given_names.txt")


def known(word: str) -> bool:
    """Is it a word of our trade or of support, and so no name?"""
    return word.casefold().strip(".'’") in _words("not_names.txt")


def _plausible(text: str, start: int, end: int) -> bool:
    span = text[start:end]
    if re.search(r"[\d_/\\@#<>{}\[\]=*`|]|\.\w", span):
        return False
    if re.search(r"[\w./\\@-]$", text[:start][-1:]) or re.match(r"[\d_/\\@=(]|[.-]\w", text[end : end + 2]):
        return False
    words = re.findall(WORD, span)
    if not words or not all(word[0].isupper() or len(words) > 1 for word in words[:1]):
        return False
    doubtful = [word for word in words if known(word) or word.casefold() in PRONOUNS]
    if len(words) == 1:
        word = words[0]
        short = len(word) < 3 or (word.isupper() and not _shouted(text))
        mixed = re.search(r"[a-z][A-Z]", word) and not re.match(r"(?:Mc|Mac|De|O['’])", word)
        return (
            not doubtful
            and not short
            and not mixed
            and (_given(word) or not _starts(text, start) or before(text, end + 1, TITLED))
        )
    if len(words) > 5 or 2 * sum(word[0].isupper() for word in words) <= len(words):
        return False
    return not doubtful or (_given(words[0]) and len(doubtful) < len(words))


def _starts(text: str, start: int) -> bool:
    """Does the word open its sentence, where a capital says nothing?"""
    return not re.search(r"[\w,;:][ \t]*$", text[max(0, start - 8) : start])


def _shouted(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return sum(letter.isupper() for letter in letters) > 0.8 * len(letters)


def _trimmed(text: str, start: int, end: int, score: float) -> Iterator[Entity]:
    """The span without the ordinary words at its ends ("Jane Doe and" → "Jane Doe")."""
    words = [match for match in re.finditer(WORD, text[start:end])]
    for place, word in enumerate(words):
        if word.group().casefold() in PRONOUNS:
            words = words[:place]
            break
    while words and known(words[0].group()) and not _given(words[0].group()):
        words = words[1:]
    while words and known(words[-1].group()) and not _given(words[-1].group()):
        words = words[:-1]
    if words:
        last = start + words[-1].end()
        yield Entity("PERSON", start + words[0].start(), last, score)
