"""Names of people in texts written with Latin letters."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from tools.privacy.english import english
from tools.privacy.entity import Entity
from tools.privacy.recognizer import AHEAD, BACK, Recognizer
from tools.privacy.recognizers.belief import (
    about_somebody,
    ambiguous,
    introduced,
    is_family,
    is_given,
    listed,
    several,
    single,
    somebody,
)
from tools.privacy.recognizers.people_zh import believed

WORD = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
CAPITAL = r"(?:[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΩА-Я](?:[^\W\d_]|['’-](?=[^\W\d_]))*\.?)"
UPPER = r"[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΩА-Я]"
PARTICLE = r"(?:van|von|der|den|de|del|della|di|da|dos|du|la|le|bin|ibn|al|el|ter|ten|af|zu|Mc|O['’])"
FULL = rf"{CAPITAL}(?:[ \t]+(?:{PARTICLE}[ \t]+){{0,2}}{CAPITAL}){{0,3}}"
ANY = rf"{WORD}(?:[ \t]+{WORD}){{0,2}}"
# "my name is …" and the like: what follows is a name in whatever case it is written.
SAID = re.compile(
    rf"(?i:\b(?:my (?:full |first |last )?name is|my name's|name['’]?s|i am called|they call me|(?:full|first|last|customer|client|patient|"
    rf"contact|account|card ?holder|employee|recipient|sender|user)[ _]?name[\"']?\s*(?:is|:|=)|name[\"']?\s*:|cardholder:?|"
    rf"signed(?: by|[,:])|customer:|client:|patient:|recipient:|attn:?|c/o|named after|on behalf of|speaking with|spoke (?:to|with)))[\s\"']{{1,3}}({ANY})"
)
CALLED = re.compile(
    rf"(?i:\b(?:her|his|their|whose)[ ](?:full |first |last |sur)?name(?:['’]s|[ ]is|[ ]was)[ ](?:called )?)[\"'“‘]?({FULL})(?![\w@]|\.\w)"
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
LISTED = re.compile(
    rf"(?<![\w@./-])(?:{UPPER}[^\W\d_]+)(?:,[ ]{UPPER}[^\W\d_]+){{0,8}},?[ ](?:and|or)[ ]{UPPER}[^\W\d_]+(?![\w@]|\.\w)"
)
ASKED = re.compile(
    rf"(?i:name\b[^?\n]{{0,30}}\?\s*(?:user:\s*)?)({UPPER}[^\W\d_]+(?:[ ]{UPPER}[^\W\d_]+)?)\b"
)
DIRECTED = re.compile(
    rf"(?i:\b(?:by|under|(?:my|our|his|her|their) (?:kid|son|daughter|wife|husband|brother|sister|friend|mother|father|boss|colleague|mum|mom|dad|grandma|grandpa|"
    rf"grandmother|grandfather|aunt|uncle|cousin|nephew|niece|partner|fianc[eé]e?|girlfriend|boyfriend|landlord|landlady|neighbou?r|flatmate|roommate|lawyer|"
    rf"accountant|tutor|nanny|assistant|intern|new hire)|seen|met|attention|been to an?)[: ]{{1,5}})({UPPER}[^\W\d_]+(?:[ ]{UPPER}\.?)?(?:[ ]{UPPER}[^\W\d_]+)?)(?![\w@]|[.-]\w)"
)
# "Ann here, …", "this is Ann calling", a speaker in a log of a chat; "mrs bell".
SPEAKS = re.compile(
    rf"(?m:^[ \t]*(?:(?i:hi|hello|hey)[, ]{{1,2}})?|(?<=[.!?] ))({CAPITAL}(?:[ ]{CAPITAL})?)(?=[ ]here(?:[,.!:;]|[ ](?:from|again)\b))"
    rf"|(?i:\b(?:this is|i['’]?m|i am|it['’]?s)[ ])({CAPITAL}(?:[ ]{CAPITAL})?)(?=[ ](?:calling|speaking|here|again)\b)"
    rf"|(?m:^\[?\d{{1,2}}:\d\d(?::\d\d)?\]?[ ])({CAPITAL}(?:[ ]{CAPITAL})?)(?=:[ ])"
    rf"|\b(?:mr|mrs|mister|missus|miss)\b\.?[ ]([a-z][^\W\d_]{{2,}})"
    rf"|(?i:\b(?:cc|bcc|tell|ring|remind|notify|thank|invite)[: ]{{1,2}})({UPPER}[^\W\d_]{{2,}}(?:[ ]{UPPER}[^\W\d_]+)?)(?![\w@-]|\.\w)"
    rf"|(?im:^(?:hi|hey|hello)[ ,]+(?:there[ ,]+)?(?:its|it['’]s|this is)[ ]([a-z][^\W\d_]{{2,}})(?=[ ](?:from|here|again)\b))"
    rf"|(?m:^[ \t]*)({CAPITAL})(?=[ ](?:shouted|whispered|yelled|replied|screamed|laughed|smiled|shrugged)\b)|\b(?:says|said|asks|asked)[ ]({CAPITAL})(?=[.,]?[\"”]?(?:$|[\s]))"
    rf"|(?im:^@([a-z][\w.]{{2,30}})(?=[ ,:]+(?:can|could|please|pls|are|did|have|do|will|would|thanks|thank|any)\b))"
)
FIELD = re.compile(rf"(?i:\b(?:name|user|customer)[\"']?=[\"']?)({CAPITAL}[ +]{CAPITAL})(?=[&\"'\s;,]|$)")
HAN = re.compile(r"[\u4e00-\u9fff]")
ALONE = re.compile(rf"(?<![\w@./\\<-])({WORD})(?![\w@/\\=(]|[.-]\w)")
LOGIN = re.compile(r"(?<![\w@./-])([a-z]{3,20})[._]([a-z]{3,20})\d{0,4}(?![\w@/(=]|[.-]\w)")
NEXT = re.compile(rf"[ \t]+({WORD})")
APART = re.compile(r"\s+[-–—|/]+\s|\s*[\n:;]")
PARTICLES = re.compile(f"{PARTICLE}|e|y|vom|zum|zur|ben|abu|ap|und|and")
VERBAL = re.compile(r"(?i)^(?:said|told|asks?|and|or|vs|for|.*(?:ed|ing|s))$")
PAIR = re.compile(rf"(?<![\w@./-])({WORD})[ \t]+((?:{WORD}\.?[ \t]+)?{WORD})(?![\w@]|\.\w)")


class People(Recognizer):
    """Names after words that announce one, names on a list of given names, and what the NER model takes for a person."""

    TYPES = ("PERSON",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        written, text = (
            text,
            text if text.isascii() else HAN.sub("。", text),
        )  # Chinese letters would be taken for parts of the words beside them
        for pattern, score in ((SAID, 0.9), (CALLED, 0.85), (TITLED, 0.9), (SIGNED, 0.85), (FIELD, 0.8)):
            for match in pattern.finditer(text):
                yield from _trimmed(text, match.start(1), match.end(1), score)
        for match in IM.finditer(text):
            first = re.match(WORD, match.group(1))
            if (
                first
                and is_given(first.group())
                and (first.group()[0].isupper() or match.group().lower().startswith("i"))
            ):
                yield from _trimmed(text, match.start(1), match.end(1), 0.8)
        for match in INITIAL.finditer(text):
            if not any(known(word) for word in match.group(1).split()):
                yield from _trimmed(text, match.start(1), match.end(1), 0.8)
        for match in LOGIN.finditer(text):  # "ann.bell"
            if is_given(match.group(1)) and not any(
                known(word) or ambiguous(word) for word in match.groups()
            ):
                yield Entity("PERSON", match.start(), match.end(), 0.65)
        for match in SPEAKS.finditer(text):
            start, end = match.span(match.lastindex or 1)
            if not ordinary(text[start:end].split()) or is_given(text[start:end]):
                yield from _trimmed(text, start, end, 0.75)
        yield from _listed(text)
        yield from _alone(text)
        for span in named:
            end = span.end_char
            if apart := APART.search(written, span.start_char, end):  # "JANE DOE - CARD STOLEN"
                end = apart.start()
            start, end = _capital(written, span.start_char, end)
            if span.label_ == "PERSON" and _plausible(written, start, end):
                yield from _trimmed(written, start, _with_family(written, start, end), 0.7)


def _with_family(text: str, start: int, end: int) -> int:
    """Where a name in small letters ends that the model takes one word of: "john smith called"."""
    follows = NEXT.match(text, end) if text[start:end].islower() and " " not in text[start:end] else None
    family = follows.group(1) if follows else ""
    if not follows or ambiguous(family) or known(family) or stops(family):
        return end
    rare = len(family) > 3 and not english(family) and not VERBAL.match(family) and introduced(text, start)
    return follows.end() if is_family(family) or rare else end


def _listed(text: str) -> Iterator[Entity]:
    """A given name with a capital and a further word with a capital."""
    at = 0
    while match := PAIR.search(text, at):
        at = match.end(1)
        given, rest = match.group(1), match.group(2)
        if is_given(given) and given[0].isupper():
            surname = rest if rest.split()[-1][0].isupper() else rest.split()[0]
            end = match.start(2) + len(surname)
            named = about_somebody(text, match.start()) or several(
                text, match.start(), end, [given, *surname.split()]
            )
            if surname[0].isupper() and not known(surname.split()[-1]) and named:
                yield from _trimmed(text, match.start(), match.start(2) + len(surname), 0.75)
                at = match.start(2) + len(surname)


def _alone(text: str) -> Iterator[Entity]:
    """A given name by itself, and the name after it where nothing has a capital."""
    for match in ALONE.finditer(text):
        word = match.group(1)
        if not is_given(word) or known(word) or ambiguous(word):
            continue
        if word[0].isupper():
            if somebody(text, match.start(), match.end()):
                yield Entity("PERSON", match.start(), match.end(), 0.65)
        elif len(word) > 3:
            follows = NEXT.match(text, match.end())
            family = follows.group(1) if follows else ""
            extra = bool(family) and not (known(family) or stops(family) or VERBAL.match(family))
            yield Entity("PERSON", match.start(), follows.end() if follows and extra else match.end(), 0.6)


def stops(word: str) -> bool:
    """Is it an ordinary word, with which no name goes on?"""
    return word.casefold() in listed("stop_words.txt")


@cache
def _ordinary() -> frozenset[str]:
    """Products, and the words of sentences without names, on which the NER model was trained."""
    names = ("products.txt", "plain.txt", "trades.txt", "foreign.txt")
    texts = [(files("tools.privacy.recipe") / name).read_text("utf-8") for name in names]
    return frozenset(word.casefold() for text in texts for word in re.findall(WORD, text))


def ordinary(words: list[str]) -> bool:
    """Are they all products or words of everyday business, and none a given name?"""
    return all(known(word) or stops(word) or word.casefold() in _ordinary() for word in words) and not any(
        is_given(word) for word in words
    )


def known(word: str) -> bool:
    """Is it a word of our trade or of support, and so no name?"""
    return word.casefold().strip(".'’") in listed("not_names.txt")


def _plausible(text: str, start: int, end: int) -> bool:
    span = text[start:end]
    if re.search(r"[\d_/\\@#<>{}\[\]=*`|]|\.\w", span):
        return False
    following = text[end : end + 2] if span.isascii() else text[end : end + 2].lstrip("(")
    if re.search(r"(?a)[\w./\\@-]$", text[max(0, start - 1) : start]):
        return False
    if re.match(r"(?a)[\d_/\\@=(]|[.-]\w", following):
        return False
    if HAN.search(span):
        return believed(text, start, end)
    words = re.findall(WORD, span)
    if not words or len(words) > 6:
        return False
    if ordinary(words):
        return False
    if span.islower() and not any(map(is_given, words)):
        return not any(map(english, words)) and about_somebody(text, start)
    doubtful = [word for word in words if len(word) > 1 and (known(word) or stops(word))]
    if words[0][0].isupper() and any(word.islower() and not PARTICLES.fullmatch(word) for word in words):
        return is_given(words[0])  # "Très bien" is none; who writes capitals writes names with them
    if len(words) > 1:
        named = not doubtful or (is_given(words[0]) and len(doubtful) < len(words))
        return named and several(text, start, end, words)
    word = words[0]
    short = len(word) < 2 or (
        word.isupper() and not is_given(word) and not _shouted(text[max(0, start - BACK) : end + AHEAD])
    )
    mixed = re.search(r"[a-z][A-Z]", word) and not re.match(r"(?:Mc|Mac|De|O['’])", word)
    return not doubtful and not short and not mixed and single(text, start, end)


def _capital(text: str, start: int, end: int) -> tuple[int, int]:
    """A name that begins with a capital without the words before and after it ("Producer Jane Doe complete")."""
    words = list(re.finditer(WORD, text[start:end]))
    if not words or not words[0].group()[0].isupper():
        return start, end
    while not words[-1].group()[0].isupper():
        end = start + words[-2].end()
        words = words[:-1]
    first = 0
    while len(words) - first > 2 and known(words[first].group()) and not is_given(words[first].group()):
        first += 1
    return start + words[first].start() if first else start, end


def _shouted(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return sum(letter.isupper() for letter in letters) > 0.8 * len(letters)


def _trimmed(text: str, start: int, end: int, score: float) -> Iterator[Entity]:
    """The span without the ordinary words at its ends ("Jane Doe and" → "Jane Doe")."""
    words = list(re.finditer(WORD, text[start:end]))
    for place, word in enumerate(words):
        if stops(word.group()):
            words = words[:place]
            break
    while words and known(words[0].group()) and not is_given(words[0].group()):
        words = words[1:]
    while words and known(words[-1].group()) and not is_given(words[-1].group()):
        words = words[:-1]
    if words:
        last = start + words[-1].end()
        yield Entity("PERSON", start + words[0].start(), last, score)


class Companions(Recognizer):
    """Who is listed with somebody: "Anna, Gaetane and Derek"."""

    TYPES = ("PERSON",)
    GATED = False

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for match in LISTED.finditer(text):
            words = [
                word for word in re.finditer(WORD, match.group()) if word.group() not in ("and", "or", "und")
            ]
            if any(known(word.group()) for word in words):
                continue
            people = [span for span in named if span.label_ == "PERSON"]
            if any(is_given(word.group()) for word in words) or any(
                span.start_char < match.end() and match.start() < span.end_char for span in people
            ):
                for word in words:
                    yield Entity("PERSON", match.start() + word.start(), match.start() + word.end(), 0.6)
        for match in ASKED.finditer(text):
            if not known(match.group(1)):
                yield Entity("PERSON", match.start(1), match.end(1), 0.6)
        for match in DIRECTED.finditer(text):
            yield from _trimmed(text, match.start(1), match.end(1), 0.6)
