"""Which sentences of a reply state something that documents must bear out, and where they end.

Questions, offers, thanks, lead-ins, and what an assistant says of itself and of what it did state nothing of that kind.
"""

# ruff: noqa: E501 - patterns read best in one line

import re

from knowledge.facts import asserted
from knowledge.sentences import sentences
from knowledge.words import has_cjk, key_terms

MARK = re.compile(r"\s?[\[【]\^?(\d{1,2}(?:\s*[,，、]\s*\d{1,2})*)(?:†[^\]】\n]*)?[\]】](?!\()")
_LEADING_MARKS = re.compile(rf"(?:[ \t]*{MARK.pattern})+[.。]?")
_BEGUN_MARK = re.compile(r"[ \t]*(?:[\[【]\^?[\d,，、 \t]*(?:†[^\]】\n]*)?[\]】]?[ \t]*)+$")
_BULLET = re.compile(r"(?:\s*(?:[-*•>]|\d{1,2}[.)]|#{1,6}))+\s*$")
_LEAD = re.compile(r"^(?:\s*(?:[-*•>]|\d{1,2}[.)]|#{1,6})\s+)+")
_TALK = re.compile(
    r"^(?:(?:hi|hello|hey|sure|certainly|of course|absolutely|gladly|thanks?|thank you|great|good (?:question|morning|afternoon|evening|day)|"
    r"you(?:'| a)re welcome|no problem|my pleasure|sorry|i(?:'m| am) sorry|i apologi[sz]e|happy to help|glad to help|i hope|hope (?:this|that)|have a (?:nice|good|great)|"
    r"welcome|okay|ok|alright|let me|let us know|let's|feel free|please (?:let me know|tell me|ask)|just (?:ask|tell|let) |"
    r"if (?:you(?:'d| would)? (?:like|want|wish|need|have (?:any|more|other|further) )[^.!?]*, )(?:i\b|just|let|tell|feel|please)|"
    r"would you|do you want|shall i|should i|can i|may i|is there anything|anything else)\b"
    r"|i(?:'ve| have|'ll| will| can| could| cannot| can't| couldn't| would| did| do|'m| am| don't| didn't)?(?: not| also| now| just| only| happily)? "
    r"(?:search|look|check|read|found|find|pass|ask|help|forward|hand|tell|know|see|explain|answer|summari[sz]|not able|unable|afraid|the support|an? assistant)"
    r"|here (?:is|are|'s)|below (?:is|are)|based on (?:the|your|our) (?:documents?|passages?|knowledge base)[^.,]*[:.]$|in short:|to sum up:)",
    re.IGNORECASE,
)
_TALK_ZH = re.compile(
    r"^(?:您好|你好|好的|当然|谢谢|感谢|不客气|抱歉|对不起|很抱歉|很高兴|希望|如果您?(?:还有|需要|想)|请问|请告诉我|我(?:们)?(?:查|搜|找|可以|已|会|没有?|无法|不知道|来)|以下是|需要我)"
)
_ABSENT = re.compile(
    r"\b(?:documents?|documentation|knowledge base|passages?|sources?|pages?|information i have|they|it)\b[^.!?]*\b(?:(?:do|does|did)(?: not|n['’]t)|no(?:t|thing|where)?|never|lacks?)\b[^.!?]*\b(?:say|says|mention|hold|contain|cover|state|tell|include|specify|specified|give|describe|address|list|information|details?|answer|there)"
    r"|\b(?:no|not any) (?:information|details?|mention|answer|document|passage)|\bnot (?:mentioned|stated|specified|covered|found|described|said|in the documents)|\b(?:could|can|did|do)(?: not|n['’]t) (?:find|know|see|say)",
    re.IGNORECASE,
)
_ABSENT_ZH = re.compile(
    r"(?:文档|资料|知识库|文件).{0,12}(?:没有|未|不包含)|没有(?:找到|提到|提及|说明|相关)|未(?:找到|提及|提到|说明)|不清楚|不知道"
)
_SAID = re.compile(
    r"^(?:yes|no|right|correct|exactly|是的?|对|不是|没有|可以|不可以|不能)[.!。！]?$", re.IGNORECASE
)
_ABOUT = re.compile(
    r"^(?:(?:yes|no|sure|great news|according to|based on|as per|per) ?(?:(?:to|on)? ?(?:the|our|your) (?:documents?|knowledge base|policy|passages?|help cent(?:re|er)))?[,:] ?)+",
    re.IGNORECASE,
)


def segments(text: str) -> list[str]:
    """A reply in sentences, with the white space before each; joined they are the reply.

    A list item's bullet goes with the item, marks such as ``[1]`` behind a full stop with the sentence before them.
    """
    found: list[str] = []
    at = 0
    spans = sentences(text)
    for place, (start, end) in enumerate(spans):
        moved = _LEADING_MARKS.match(text, start, end)
        if moved and found and "\n" not in text[at:start]:
            found[-1] += text[at : moved.end()]
            at = start = moved.end()
        last = place + 1 == len(spans)
        if start < end and (last or not _BULLET.fullmatch(text[at:end])):
            found.append(text[at:end])
            at = end
    if text[at:]:
        found = [*found[:-1], found[-1] + text[at:]] if found else [text[at:]]
    return found


def complete(text: str) -> list[str]:
    """The first sentences of a growing reply that nothing to come can change."""
    found = segments(text)
    held = 2 if found and _BEGUN_MARK.fullmatch(found[-1]) else 1
    return found[:-held]


def claim(sentence: str) -> str:
    """What a sentence says, without its bullet, its marks, emphasis, and "According to our documents,"."""
    said = _LEAD.sub("", MARK.sub("", sentence)).strip()
    if said.startswith("|"):
        said = " · ".join(cell.strip() for cell in said.strip("|").split("|") if cell.strip())
    said = re.sub(r"\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|`", "", said)
    rest = _ABOUT.sub("", said)
    return (rest[:1].upper() + rest[1:] if rest else said).strip()


def cited(sentence: str) -> list[int]:
    """The numbers that a sentence cites, in order."""
    numbers = [int(each) for found in MARK.finditer(sentence) for each in re.findall(r"\d+", found[1])]
    return list(dict.fromkeys(numbers))


def states(sentence: str) -> bool:
    """Whether a sentence states something that documents must bear out."""
    said = claim(sentence)
    if not re.search(r"\w", said) or said.rstrip("\"'”）)").endswith(("?", "\uff1f")):
        return False
    if _ABSENT.search(said) or _ABSENT_ZH.search(said) or bare_answer(said):
        return False
    values = bool(asserted(said))
    if said.endswith((":", "\uff1a")) or sentence.lstrip().startswith("#"):
        return values
    if (_TALK.match(said) or _TALK_ZH.match(said)) and not (values or re.search(r"\bthat\b", said)):
        return False
    return values or len(key_terms(said)) >= (2 if has_cjk(said) else 1)


def bare_answer(sentence: str) -> bool:
    """Whether a sentence is a yes or no alone, which stands or falls with the next one."""
    return bool(_SAID.match(claim(sentence)))
