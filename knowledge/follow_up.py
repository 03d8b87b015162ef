"""Questions that go on from earlier ones, completed so that they stand alone."""

import re
from collections.abc import Sequence

from knowledge.words import STOP, has_cjk, key_terms, stem

BACK = 9  # questions before the last one that it may go on from, one from the other

_IS = frozenset({"is", "are", "was", "were", "be", "isn't", "aren't", "will", "there's"})
_DOES = frozenset(
    {"is", "are", "was", "were", "do", "does", "did", "has", "have", "can", "will", "would", "and"}
)
_POINTS = frozenset({"this", "that", "these", "those"})
_PERSONS = frozenset({"it", "its", "they", "them", "their", "one", "ones", "he", "she"})
_TALK = frozenset(
    {"ok", "okay", "thanks", "thank", "you", "hi", "hello", "hey", "bye", "well", "great", "fine"}
)
_SUPPOSED = re.compile(r"\bit (?:possible|ok|okay|allowed|necessary|safe|true) (?:to|that|for)\b")
# Chinese that says what is asked for, not what it is asked of.
_CJK_ASKS = re.compile(
    r"多少钱|多少|多久|多长时间|几[个天点次号年月周]?|什么时候|何时|为什么|为何|怎么办|怎么样|怎么|怎样|如何|哪里|哪儿|在哪|哪些|哪个|哪|谁|什么|价格|费用|要|需要|大概|一般|可以|能|行|对|是|有|还|也|都|钱|呢|吗|吧|啊|的|了|不"
    r"|\W"
)
_CJK_REFERS = re.compile(r"^(?:那(?!里有)|这(?!周|个?月|年|星期|里|儿|边|样)|其[中他余])|[它他她]们?|呢\W*$")


def rewrite(question: str, history: Sequence[str]) -> str:
    """A question that stands alone: one that refers back, or is only a fragment, takes the one before along."""
    return readings(question, history)[0]


def readings(question: str, history: Sequence[str]) -> list[str]:
    """What a question may mean by itself, the likelier first.

    Args:
        question: as the user asks it.
        history: the user's earlier questions, oldest first.

    Returns:
        The question completed with what it goes on from, or as it is, or both where that is not sure.
    """
    said = [word.strip("?!.,;:\"'").lower() for word in question.split()]
    if not history or not any(said) or _TALK.issuperset(said):
        return [question]
    before = rewrite(history[-1], history[:-1][-BACK:])
    completed = f"{before} {question}"
    if _is_fragment(question, said):
        return [completed]
    if has_cjk(question):
        return [completed, question] if _CJK_REFERS.search(question) and len(question) <= 16 else [question]
    if sum(word not in STOP for word in said) > 4 or not (places := _pointing(said)):
        return [question]
    topics = {stem(word) for word in re.findall(r"\w+", before.lower())}
    if any(_refers(said, place, topics) for place in places):
        return [completed, question]
    return [question, completed]


def _is_fragment(question: str, said: Sequence[str]) -> bool:
    """Whether it means nothing by itself: ``and in Norway?``, ``how long?``, ``多少钱``."""
    if has_cjk(question):
        return not _CJK_ASKS.sub("", question) or (len(question) <= 8 and bool(_CJK_REFERS.search(question)))
    opens = list(said[:2])
    return opens in (["what", "about"], ["how", "about"]) or said[0] == "and" or not key_terms(question)


def _pointing(said: Sequence[str]) -> list[int]:
    """The places of the words that may stand for something said before."""
    return [
        place
        for place, word in enumerate(said)
        if word in _PERSONS or word in _POINTS or (word == "there" and not _exists(said, place))
    ]


def _exists(said: Sequence[str], place: int) -> bool:
    """``is there wifi``: the word points nowhere."""
    around = {*said[max(place - 1, 0) : place], *said[place + 1 : place + 2]}
    return bool(_IS & around)


def _refers(said: Sequence[str], place: int, topics: set[str]) -> bool:
    """Whether a word stands for something said before, and not with its noun or for a word of its own question."""
    word, following = said[place], [each for each in said[place + 1 : place + 3] if each not in STOP]
    earlier = [each for each in said[:place] if each not in STOP]
    if word == "it":
        return not _SUPPOSED.search(" ".join(said))
    if word in ("they", "them", "their"):  # do guests bring their dogs
        return not any(each.endswith("s") and not each.endswith("ss") for each in earlier)
    if word not in _POINTS:
        return True
    if said[place + 1 : place + 2] == following[:1] and following:  # with this card
        return said[place - 1] in _DOES or place == 0 or bool(topics.intersection(map(stem, following)))
    return (
        not said[place + 1 : place + 2] or word != "that" or said[place - 1] in _DOES
    )  # I read that you ship
