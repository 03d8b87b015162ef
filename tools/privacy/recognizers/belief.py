"""Whether words with capitals are somebody's name, or a thing that is called so, or no name at all.

The model and the list of given names propose; what stands around decides: "ask Henry" is somebody, "the Henry box" is not.
"""

# ruff: noqa: E501 - patterns are lists of words

import re
from functools import cache
from importlib.resources import files

from tools.privacy.english import english

# Who somebody may be to the one who writes, or what they do there.
RELATION = (
    r"(?:kids?|child(?:ren)?|baby|sons?|daughters?|twins?|triplets|wife|husband|spouse|ex(?:-\w+)?|brothers?|sisters?|siblings?|friends?|mother|father|mums?|moms?|dads?|mam|mummy|daddy|hubby|hubbie|gf|bf|missus|gogo|nani|bro|sis|lad|lass|"
    r"papa|mama|parents?|grand-?(?:ma|pa|mother|father|dad|mum|mom|son|daughter|child)|granny|gran|nan|nana|aunt(?:ie|y)?|uncle|cousins?|nephews?|nieces?|"
    r"partner|fianc[eé]e?|girlfriend|boyfriend|step-?\w+|god-?(?:mother|father|son|daughter)|(?:mother|father|son|daughter|brother|sister)-in-law|in-laws|"
    r"boss|colleagues?|coworkers?|co-workers?|manager|supervisor|foreman|secretary|assistant|intern|trainee|apprentice|new hire|employee|driver|courier|postman|"
    r"landlord|landlady|tenant|neighbou?rs?|flatmate|roommate|housemate|lodger|lawyer|solicitor|attorney|notary|accountant|bookkeeper|treasurer|tutor|teacher|"
    r"professor|lecturer|headmaster|headmistress|principal|coach|trainer|instructor|nanny|au pair|babysitter|childminder|carer|caregiver|social worker|"
    r"nurse|midwife|physio(?:therapist)?|dentist|doctor|surgeon|consultant|therapist|vet|pharmacist|optician|plumber|electrician|builder|joiner|carpenter|gardener|cleaner|"
    r"technician|engineer|surveyor|inspector|mechanic|receptionist|agent|adviser|advisor|clerk|teller|cashier|chef|waiter|waitress|verger|curate|vicar|priest|"
    r"pastor|rabbi|imam|student|pupil|apprentice|patient|client|customer|guest|passenger|owner|keeper|holder|buyer|seller|founder|director|captain|"
    r"officer|sergeant|detective|caller|guardian|ward|heir|executor|widow(?:er)?|deceased|bride|groom|witness|beneficiary|applicant|candidate|member|volunteer|"
    r"man|woman|boy|girl|guy|lad|lady|gentleman|bloke|chap|lass|person|someone|somebody|rep(?:resentative)?|operator|buddy|mate|pal)"
)
ABOUT = re.compile(
    rf"(?i)(?:\b(?:{RELATION}|call(?:ed|s|ing)?|named?|tell|told|ask(?:ed)?(?: for)?|contact(?:ed)?|ring|rang|phone|text(?:ed)?|e-?mail(?:ed)?|met|saw|thanks?|cheers|regards|"
    rf"signed|i['’]?m|i am|he is|she is|he['’]s|she['’]s|he was|she was|mine is|cc|attn|dear|hi|hello|hey|love|miss|says|said|asked|named (?:him|her|it)|invite|remind|notify|see|spoke (?:to|with)|speak (?:to|with)|talk(?:ed)? (?:to|with)|attention|reply to|under)[,:]?|[-–—/~(])\s*[\"'“‘]?\Z"
)
NEAR = re.compile(
    r"(?i)(?:\b(?:for|to|from|with|by|and|or|is|was|are|it['’]s|not|because|that|when|if|but|then|under|of|paid|gave|let|as|where|while|since|before|after|between|late)[,:]?|[,.!?;:]|\n|['\"“‘>|])\s*[\"'“‘]?\Z"
)
DOES = re.compile(
    r"['’]s\b|[ ](?:is|was|has|had|said|says|told|tells|called|calls|rang|phoned|wrote|writes|will|would|can|could|does|did|didn['’]t|doesn['’]t|won['’]t|can['’]t|hasn['’]t|isn['’]t|wasn['’]t|never|sent|asked|signed|lives|"
    r"lived|works|worked|wants|wanted|needs|needed|paid|got|gave|took|left|came|comes|arrived|moved|bought|ordered|booked|spoke|promised|and (?:I|his|her|my)|from (?!the\b)|on (?:my|our)|who|[a-z]{3,}ed)\b|,[ ](?:can|could|please|would|will|did|do|I|you|we)\b|:[ ]|,[ ](?:aged?\b|\d|who\b|my\b|our\b)|[ ]?\("
)
DETERMINER = re.compile(
    r"(?i)\b(?:the|a|an|this|these|those|your|each|every|another|any|some|which|what|no|both|new|old|small|large|big|mini|classic|original|genuine|real|red|blue|green|black|white)[ ]+[\"'“‘]?\Z"
)
NUMBERED = re.compile(r"[ -]?\d|[ ](?:[IVX]{1,4}|[A-Z]?\d[\w.]*)\b")
QUOTED = re.compile(r"[\"“«「『]\Z")
CLOSING = re.compile(r"[\"”»」』]")
ACRONYM = re.compile(r"[A-Z]{2,5}s?")
AROUND = re.compile(r"[^\s,;:!?\"“”()]+")


@cache
def listed(name: str) -> frozenset[str]:
    """The words of a list beside the recognizers."""
    return frozenset((files("tools.privacy") / name).read_text("utf-8").split())


@cache
def _things() -> frozenset[str]:
    lines = (files("tools.privacy") / "named_things.txt").read_text("utf-8").splitlines()
    return frozenset(
        part.strip() for line in lines if not line.startswith("#") for part in line.split(";") if part.strip()
    )


def is_given(word: str) -> bool:
    """Is it on the list of given names?"""
    return word.casefold() in listed("given_names.txt")


def is_family(word: str) -> bool:
    """Is it a family name that is also an English word?"""
    return word.casefold() in listed("family_names.txt")


def ambiguous(word: str) -> bool:
    """Is the given name also a word, a place or a product, so that alone it says nothing?"""
    return word.casefold() in listed("ambiguous_names.txt")


def common(word: str) -> bool:
    """Is it an English word, and neither a given nor a family name?"""
    return len(word) > 1 and not (is_given(word) or is_family(word)) and english(word)


def thing(text: str, start: int, end: int) -> bool:
    """Is it, alone or with up to two words before and after, what a thing is called?"""
    before = [match.start() for match in AROUND.finditer(text, max(0, start - 32), start)][-2:]
    after = [match.end() for match in AROUND.finditer(text, end, min(len(text), end + 32))][:2]
    if text[end : end + 2] in ("'s", "’s"):
        after = [end + 2, *after]
    for first in [start, *before]:
        for last in [end, *after]:
            words = " ".join(text[first:last].casefold().replace("’", "'").split())
            if words.rstrip(".") in _things():
                return True
    return False


def about_somebody(text: str, start: int) -> bool:
    """Does what stands before say that somebody is named here?"""
    return bool(ABOUT.search(text, max(0, start - 32), start))


INTRODUCED = re.compile(r"(?i)\b(?:this is|it['’]?s|i['’]?m|i am|name['’]?s|name is|named|called)[ ]\Z")


def introduced(text: str, start: int) -> bool:
    """Does somebody say just before who they are?"""
    return bool(INTRODUCED.search(text, max(0, start - 16), start))


def somebody(text: str, start: int, end: int) -> bool:
    """May a single word with a capital be somebody, by what stands around it?"""
    if about_somebody(text, start):
        return True
    if DETERMINER.search(text, max(0, start - 16), start) or NUMBERED.match(text, end):
        return False
    if QUOTED.search(text, max(0, start - 1), start) and CLOSING.match(text, end):
        return False
    return not thing(text, start, end) or bool(DOES.match(text, end))


def single(text: str, start: int, end: int) -> bool:
    """Is a word that the model alone takes for a name one?"""
    word = text[start:end]
    if not somebody(text, start, end):
        return False
    if is_given(word):
        return True
    if english(word):
        return about_somebody(text, start) and word[0].isupper() and is_family(word)
    before = text[max(0, start - 64) : start].rstrip()
    begins = not before or before[-1] in ".!?\n"
    said = (
        about_somebody(text, start) or bool(DOES.match(text, end)) or not text[end : end + 40].strip(" .!,\n")
    )
    return said or (not begins and bool(NEAR.search(text, max(0, start - 16), start)))


def several(text: str, start: int, end: int, words: list[str]) -> bool:
    """Are words that the model takes for a whole name one?"""
    if thing(text, start, end) and not about_somebody(text, start):
        return False
    ordinary = [word for word in words if common(word)]
    given = [word for word in words if is_given(word)]
    if len(ordinary) == len(words):
        return False
    if ACRONYM.fullmatch(words[-1]) and not words[0].isupper() and not is_given(words[-1]):
        return False
    sure = [word for word in given if not ambiguous(word)]
    if ordinary and not sure:
        unknown = [word for word in words if not is_given(word) and not english(word)]
        return (bool(unknown) and words[-1][0].isupper()) or about_somebody(text, start)
    return True
