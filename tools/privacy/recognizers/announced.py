"""Names that their place gives away: after what somebody is to the writer, after "name", at the end of a message."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.english import english
from tools.privacy.entity import Entity
from tools.privacy.recipe.listed import listed
from tools.privacy.recognizer import Recognizer
from tools.privacy.recognizers.belief import RELATION, common, is_family, is_given
from tools.privacy.recognizers.people import HAN, known, ordinary, stops

UPPER = r"[A-ZÀ-ÖØ-ÞĀ-ŽƏḀ-ỿΆ-ΩА-Я]"
WORD = rf"{UPPER}(?:[^\W\d_]|['’ʻ-](?=[^\W\d_]))*"
LINK = r"(?:van|von|der|den|de|del|della|di|da|dos|du|la|le|bin|ibn|binti|bint|al|el|ter|ten|af|zu|ap|ní|ni|mac|y|e|Graf|und|zum|zur|vom|abu|ben)"
NAME = rf"{WORD}(?:\.?[ \t]+(?:{LINK}[ \t]+){{0,3}}(?:{WORD}|{UPPER}\.)){{0,3}}"
END = r"(?![\w@]|[.-]\w|/\w)"
QUOTE = r"[\"'“‘]?"
PATTERNS = (
    # my late husband Ann, the verger, Ann, her sons Ann and Bob
    rf"(?i:\b(?:my|our|his|her|their|your|the|a|an|this|late|foster|one)[ ](?:[a-z-]+[ ])?{RELATION}['’]?s?(?:[ ](?:is|was|are))?(?:[ ](?:called|named|is|was))?[,:]?[ ]|\b(?:foreman|surveyor|social worker|driver|caller|owner|tenant|patient|guardian|curate|verger|captain|keeper)[ :,]{{1,2}}){QUOTE}({NAME}){END}",
    # he is Ann, she's called Ann, mine is Ann
    rf"(?i:\b(?:he|she|who|mine|his|hers|name|that|they|her name|his name)(?:['’]?s|[ ]is|[ ]was)(?:[ ](?:called|named|now))?[ ]|\b(?:am|is|are|be|was|been)[ ](?:called|named|known as)[ ]|\bgoes by[ ]|\bgo by[ ]|\bam now[ ]){QUOTE}({NAME}){END}",
    # registered as Ann, in the name of Ann, it must read 'Ann'
    rf"(?i:\b(?:registered (?:as|to|under|for)|in the names? of|under the name(?: of)?|made out to|addressed to|belong(?:s|ed|ing)? to|chang(?:ed?|ing) (?:it |this |that )?(?:from|to)|correct(?:ed)? (?:it )?to|signed (?:by|for by|as)|issued to|transferred to|booked (?:for|by|under)|(?:must|should|shall) (?:read|be)|shows|spelled|spelt|printed as|written as|instead of|reply to|attention(?: of)?|ask(?:ing)? for|looking for|speak (?:to|with)|spoke (?:to|with)|talked (?:to|with)|dealt with|on behalf of|care of|c/o))[ :]{{1,2}}{QUOTE}({NAME}){END}",
    # write name Ann, name as printed: ANN, my "full legal name" - it's just Ann
    rf"(?i:\bnames?\b[\"'”]?)(?:[ ,:\"'”“(–-]{{1,3}}(?i:as|printed|is|was|should|must|be|to|read|reads|on|the|it|card|says|spelled|spelt|from|changed|correctly?|just|it['’]s|here|his|her|my|full|legal|form|passport|now|maiden|birth)){{0,5}}[ ,:\"'”“(–-]{{1,3}}({NAME}){END}",
    # Am Ann, baby Ann, (from Ann), with Ann in the office, Ann (3)
    rf"(?:(?:^|[.!?] )Am[ ]|\b(?i:baby|nickname|surname(?: is| now)?|first name(?: is| stays)?|last name(?: is)?|family name(?: is)?)[ ])({NAME})(?=[, .;!)]|$)",
    rf"\((?i:from|by|with|to|ask|thanks to)[ ]({NAME})\)",
    # name on the bell is Ann; mine does (Ann)
    rf"(?i:\bname on (?:the |my |our )?\w+(?: \w+)? is[ ])({NAME}){END}",
    rf"(?i:\b(?:mine|my|his|her|me)\b[^().!?\n]{{0,30}})\(({NAME})(?=[,)])",
    # Ann Bell (Mrs.)
    rf"(?<![\w.])({WORD}[ ]{WORD})(?=[ ]?\((?:Mrs?|Ms|Miss|Dr)\.?\))",
    # (Ann Bell)
    rf"\(({WORD}[ ]{WORD})\)",
    # its Ann x; everyone calls me Ann; forward it to Ann; Did Ann ever …; - Ann is abroad; Ann from Leeds.
    rf"\b[Ii]ts[ ]({WORD})(?=[ ]?(?:x{{1,3}}\b|[.,!]|$|here\b))",
    rf"(?i:\bcalls? me[ ]|\b(?:forward(?:ed)?|pass(?:ed)?|assign(?:ed)?|escalated?|transfer(?:red)?|hand(?:ed)?)(?:[ ](?:it|this|that|me|on|over))?[ ]to[ ])({NAME}){END}",
    rf"(?:^|[.!?] )(?:Did|Has|Does|Will|Would|Could|Can|Is|Was)[ ]({WORD})(?=[ ](?:ever|still|already|not|say|get|tell|know|have|want|come|there|in|working|off)\b)",
    rf"[ ][-–—][ ]({WORD})(?=[ ](?:is|was|has|will)\b)",
    rf"(?:^|[.!?] )({WORD})(?=[ ]from[ ]{WORD}[ ]?[.!]?$)",
    # the Bells at 27
    rf"\bthe[ ]({WORD}s)(?=[ ](?:at|of|from|in)[ ](?:number[ ]|no\.?[ ]|flat[ ])?\d|[ ]next door)",
)
# Ann is turning 7; Ann madam, Ann sir; Auntie Ann; Hello from Ann; thanks. Ann: here a name may begin a sentence.
BEGINNING = (
    rf"(?<![\w.])({WORD})(?=[ ](?:is turning|turns|turned)[ ]\d)",
    rf"(?<![\w.])({WORD})(?=[ ](?i:madam|ma['’]?am|sir|ji|bhai|saab|sahib|didi|aunty|uncle|san|sensei|memsaab|hanım|bey|abi|abla)\b)",
    rf"\b(?:Auntie|Aunty|Aunt|Uncle|Granny|Nana|Grandma|Grandpa|Nurse|Coach|Pastor|Father|Sister|Brother|Teacher|Professor|Madam|Pani|Pan|Sri|Smt|Shri|Ustaz|Mzee|Mama|Baba)\.?[ ]({NAME}){END}",
    rf"(?i:\b(?:thanks|thank you|thx|cheers|regards|best|ta|love|yours|sincerely|faithfully|truly|bye|xx?|xo|greetings|wishes|salut|merci|gracias|danke|lg|mfg|vg|grüße)\b)[ ,.!–-]{{1,3}}({NAME})(?=[ ]?(?:$|\n|[,.(–-]|\+?\d))",
)
# The last words of a message or of a paragraph.
SIGNED = re.compile(
    rf"(?:(?<=[.!?)…'\"”]) |(?<=\d{{4}})[ ](?=[^\s]+$)|\n[ \t]*|(?<=[.!?…] )[-–—/~]{{1,3}} ?|[ \n][-–—~/]{{1,3}} ?)({NAME})"
    r"(?=[ ]?[.!]?[ ]?(?:$|\n)|[ ]x{1,3}[ ]?(?:$|\n)|[ ]?[,(][ ]?(?:\+?\d|[a-z][\w .-]{2,40}(?:, ?[\w .-]{1,30})?$|[\w.+-]+@|\(\d)|[ ]\(?\+?\d|,[ ]https?:)"
)
SMALL = re.compile(
    rf"(?:\b(?:im|i'm|its|it's|this is|name's|names)[ ]([a-z\u00df-\u024f]{{4,}})(?=[ ]?(?:[,.!]|$|from\b|here\b|number\b|and my\b))|\b(?:my|our|his|her)[ ](?:[a-z]+[ ])?{RELATION}[ ]([a-z\u00df-\u024f]{{4,}})\b"
    r"|\b(?:named|called)[ ]([a-z\u00df-\u024f]{4,})(?=[ ](?:on|from|who|at|and|but|said|he|she)\b|[,.](?!\w)|$)|\b(?:name|under)[ ]([a-z\u00df-\u024f]{4,})(?=,|$|[ ][a-z]+$)"
    r"|\bhe(?:y|llo)[ ,]+([a-z\u00df-\u024f]{3,})(?=[ ](?:again|here)\b)|\b(?:lil|little|wee)[ ]([a-z\u00df-\u024f]{4,})(?=[,.]|$|[ ](?:is|was|has|who)\b)"
    r"|\b(?:dealer|driver|agent|manager|caller|tenant|nurse|teacher|plumber)[ ]([a-z\u00df-\u024f]{4,})(?=[ ](?:is|was|said|told|has|did|came)\b)"
    r"|\b(?:my|his|her) (?:sur|last |first |family |maiden )name(?: is)?[ ]([a-z\u00df-\u024f]{4,})(?=[,.]|$)|\b(?:im|i'm)[ ]([a-z\u00df-\u024f]{3,})(?=[ ]\()"
    r"|\b(?:with|under|as|to|by)[ ]([a-z\u00df-\u024f]{4,})(?=[ ](?:written|printed|engraved|embroidered|typed)\b))"
)
SLANG = frozenset(
    listed(
        "gonna wanna gotta kinda sorta tryna outta srsly seriously sooo literally actually whats thats cant dont wont didnt doesnt isnt wasnt havent hasnt abit alot"
    )
)
AFTER_WORDS = tuple(re.compile(pattern, re.MULTILINE) for pattern in PATTERNS)
ANYWHERE = tuple(re.compile(pattern, re.MULTILINE) for pattern in BEGINNING)
# A word with a capital where no sentence begins, which all but those need.
INSIDE = re.compile(rf"(?<!^)(?<!\n)(?<![.!?…][ \t])(?!I(?![^\W\d_'’-])){UPPER}")
ADDED = re.compile(
    rf"[ ]?\(({WORD})\)|,?[ ](?:and )?(?:not|instead of|rather than|formerly|née|nee|born|alias|aka|a\.k\.a\.)[ ]{QUOTE}({NAME}){END}"
)


class Announced(Recognizer):
    """Names by their place."""

    TYPES = ("PERSON",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        text = text if text.isascii() else HAN.sub("。", text)
        for pattern in (*AFTER_WORDS, *ANYWHERE) if INSIDE.search(text) else ANYWHERE:
            for match in pattern.finditer(text):
                yield from _name(text, *match.span(1), 0.75)
        for match in SIGNED.finditer(text):
            yield from _name(text, *match.span(1), 0.7, alone=True)
        for match in SMALL.finditer(text):
            start, end = match.span(match.lastindex or 1)
            word = text[start:end]
            if not (english(word) or known(word) or stops(word) or word in SLANG or ordinary([word])):
                yield Entity("PERSON", start, end, 0.65)


def _name(text: str, start: int, end: int, score: float, alone: bool = False) -> Iterator[Entity]:
    """The words from the first, as far as they may be a name; none where the first is an ordinary word.

    Args:
        text: the whole text.
        start: where the words begin.
        end: where they end.
        score: of what is found.
        alone: the words are all that stands there, so that each of them has to be one of a name.
    """
    words = list(re.finditer(r"[^\s.,()]+", text[start:end]))
    kept: list[re.Match[str]] = []
    for word in words:
        bare = word.group().strip("'’\"")
        linked = bool(kept) and re.fullmatch(LINK, bare)
        family = len(kept) == 1 and is_given(kept[0].group()) and not (known(bare) or stops(bare))
        if not (linked or family) and _no_name(bare, bool(kept)):
            break
        kept.append(word)
    if not kept or (alone and len(kept) < len(words)):
        return
    letters = [word.group() for word in kept]
    sure = any(is_given(word) or not english(word) or (is_family(word) and not alone) for word in letters)
    short = len(letters) == 1 and (len(letters[0]) < 3 or (letters[0].isupper() and len(letters[0]) < 5))
    if sure and not short and not ordinary(letters):
        yield Entity("PERSON", start, start + kept[-1].end(), score)


def _no_name(word: str, goes_on: bool) -> bool:
    if is_given(word) or is_family(word) or (goes_on and len(word) == 1):
        return False
    return (
        known(word)
        or stops(word)
        or (common(word) and not (goes_on and len(word) < 4))
        or word.casefold() in SLANG
    )


def added(text: str, end: int) -> Iterator[Entity]:
    """A further name that follows one: "慕容雪莹 (Sherry)", "Ann Bell, not 'Belle'".

    Args:
        text: the whole text.
        end: where the first name ends.
    """
    match = ADDED.match(text, end)
    if match and match.group(1) and HAN.match(text, end - 1):
        yield Entity("PERSON", *match.span(1), 0.65)
    elif match:
        yield from _name(text, *match.span(match.lastindex or 1), 0.65)
