"""The words a text is found by: stems of Latin words, numbers as they stand, pairs of Chinese characters."""

import re
from functools import lru_cache

CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{CJK}]+|\d+(?:[.,]\d+)*|[^\W\d_{CJK}]+(?:['’][^\W\d_]+)?", re.UNICODE)
_CJK = re.compile(f"[{CJK}]")

_STOP = """
a about all also am an and any are as at be been being but by can could d did do does doing don for from get
got had has have having he her here hers him his how i if in into is it its just ll m may me might mine must
my no not of on or our ours out re s shall she should so some such t than that the their theirs them then
there these they this those to too up us ve very was we were what when where which who whom whose why will
with would you your yours please tell know want need like hi hello thanks ok much many long
doesn didn isn aren wasn won wouldn couldn shouldn haven hasn hadn soon let something anything somebody anybody already
getting happen happens happened actually really quite now say said think
"""
STOP = frozenset(_STOP.split())
# What carries no meaning in a Chinese question.
_CJK_STOP = re.compile(
    "请问|请(?!假)|什么时候|什么|为什么|怎么样|怎么办|怎么|怎样|如何|哪里|哪儿|哪些|哪个|哪天|多少钱|多少|多久|多长时间|多长|多大|多高|"
    "几(?:天|点|个月|个|号|次|年|月|周|块)|何时|谁|是否|能否|可以|可不可以|(?<![功性智才节可])能(?![力源量])|吗|呢|吧|啊|的(?!士)|了(?!解)|是|"
    "我们|你们|我|你|您|在(?!线|职|校)|有没有|有(?![限效机关])|会(?![员议计场展])|需要|(?<![主重必])要(?![求点件])"
)
_ENDINGS = (
    ("ization", "ize"), ("ational", "ate"), ("fulness", "ful"), ("iveness", "ive"), ("ations", "ate"),
    ("ation", "ate"), ("ments", "ment"), ("ities", "ity"), ("ingly", ""), ("edly", ""), ("ness", ""),
    ("ies", "y"), ("ing", ""), ("ied", "y"), ("ed", ""), ("ly", ""), ("es", "e"), ("s", ""),
)  # fmt: skip


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word's stem, rough but the same for refund, refunds, refunded and refunding."""
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    for ending, put in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + put
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def like(one: str, other: str) -> bool:
    """True for two forms of one word that have different stems: delivery and deliver."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= 5 and long.startswith(short) and not has_cjk(short))


def has_cjk(text: str) -> bool:
    """True where the text holds Chinese, Japanese or Korean characters."""
    return bool(_CJK.search(text))


def language(text: str) -> str:
    """``zh`` where a tenth of the letters are Chinese, else ``en``."""
    letters = [each for each in text[:20_000] if each.isalpha()]
    return "zh" if sum(map(has_cjk, letters)) > len(letters) / 10 else "en"


def terms(text: str) -> list[str]:
    """The index terms of a text, in order and with repetitions; the same for documents and questions."""
    found: list[str] = []
    for match in _TOKEN.finditer(text.lower()):
        word = match[0]
        if _CJK.match(word):
            found += [word] if len(word) == 1 else [word[i : i + 2] for i in range(len(word) - 1)]
        elif word[0].isdigit():
            found.append(word.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", word) else word)
        else:
            found.append(stem(re.sub(r"['’]\w+$", "", word)))
    return found


def key_terms(text: str) -> list[str]:
    """The terms of a question that carry meaning, each once."""
    return list(key_words(text))


def key_words(text: str) -> dict[str, str]:
    """The terms of a question that carry meaning, each with the word (as written, in lower case) it comes from."""
    kept = _TOKEN.findall(_CJK_STOP.sub(" ", text.lower()))
    found: dict[str, str] = {}
    for word in kept:
        for term in terms(word) if re.split("['’]", word)[0] not in STOP else ():
            if term:
                found.setdefault(term, word)
    return found


def words(text: str) -> list[str]:
    """The meaningful words of a text, each once, in lower case as they are written."""
    found = dict.fromkeys(_TOKEN.findall(text.lower()))
    return [word for word in found if re.split("['’]", word)[0] not in STOP]
