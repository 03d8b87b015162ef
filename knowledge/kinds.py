"""What kind of thing a question asks for, and whether a text holds one: a sum of money, a time, a number, a person, …

Most questions of support and staff ask for a value. A passage of the right topic without a value of that kind is the
commonest wrong answer.
"""

# ruff: noqa: E501 - patterns read best in one line

import re
from functools import lru_cache

_MONTHS = "january|february|march|april|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
_WHEN = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekdays?|weekends?|working days?|every day|daily|weekly|monthly|"
    r"yearly|annually|quarterly|each|twice|noon|midnight|morning|afternoon|evening|night|around the clock|at once|"
    r"immediately|today|tomorrow|closed"
)
_UNITS = "seconds?|minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|months?|quarters?|semesters?|years?"
_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|hundred|thousand|"
    "half|third|quarter|dozen|unlimited|no limit|without limit|none|once|twice|both|single"
)
_HOLDS = {
    "money": (
        r"[€£$¥₹]\s?\d|\d\s?(?:€|£|\$|¥|euros?\b|pounds?\b|dollars?\b|pence\b|cents?\b|quid\b|usd\b|eur\b|gbp\b|chf\b|dkk\b|p\b|%|元|英镑|块|欧元|美元|人民币)|"
        r"per cent|\bfree\b|no (?:extra )?(?:charge|cost|fee)|without (?:extra )?(?:charge|cost)|\bincluded\b|part of the price|half (?:the|of|price)|cost price|"
        r"免费|[一二三四五六七八九十百千万两]+(?:元|英镑|欧元|块|美元)|百分之"
    ),
    "time": (
        rf"\d\s?[:.h]\s?\d\d\b|\b(?:in|of|on|from|until|till|by|since|every|each|end of|early|late|mid) may\b|\bmay \d|\d\.? may\b|\b\d{{1,2}}\s?(?:am|pm|a\.m|p\.m|o'clock)|\b(?:{_MONTHS})\b|\b(?:{_WHEN})\b|"
        rf"\b(?:\d+|{_NUMBERS}|few|several|an?|each|every|per|first|second|third|next|same)\W{{1,3}}(?:\w+\W+)?(?:{_UNITS})\b|"
        rf"\b(?:19|20)\d\d\b|\d+(?:st|nd|rd|th)\b|\b(?:{_UNITS}): \d|"
        r"[\d一二三四五六七八九十两半]+\s?个?(?:年|月|日|天|周|星期|小时|分钟|点|号|秒)|星期|周[一二三四五六日末]|每天|每周|每月|立即|随时"
    ),
    "number": rf"\d|\b(?:{_NUMBERS}|every|all|each)\b|[一二三四五六七八九十百千万两几]",
    "person": (
        r"\b(?:[Mm]rs?|[Mm]s|[Dd]r|[Pp]rof(?:essor)?)\.? [A-Z]|(?<![.!?] )(?<!^)\b[A-Z][a-zà-ÿ]+(?:[ -][A-Z][a-zà-ÿ'’]+)+|(?<=[a-z,;(·:] )[A-Z][a-z]+|"
        r"\b(?:manager|director|lead|officer|team|desk|department|assistant|nurse|supervisor|administrator|admin|owner|president|chair|head|nobody|everybody|anyone|partner)\b|"
        r"医生|老师|先生|女士|经理|主管|负责|联系人"
    ),
    "phone": r"\+?\(?\d[\d ()/.-]{5,}\d|extension \d+|\b\d{3,5}\b",
    "mail": r"\S@\S+\.\w",
    "link": r"https?://|\b\w[\w-]*\.(?:com|org|net|io|example|cn|eu|co|de|dev)\b",
}  # fmt: skip
_ASKS = (
    ("contact", r"\bwho(?:m)? (?:do|should|can|must|shall|could) (?:i|we) (?:call|ring|phone|contact|ask|tell|write|talk|speak|turn|mail|e-?mail|go|see|report)\b|\bwho is to be (?:called|told)\b|联系谁|找谁|问谁"),
    ("mail", r"\bwhat(?:'s| is)\b.*\be-?mail\b|\be-?mail address\b|邮箱|邮件地址"),
    ("phone", r"\b(?:phone|telephone|hot ?line|mobile) ?(?:number|no\b)|\b(?:what|which) number\b|\bnumber (?:do|can|should) i (?:call|ring|dial)|电话(?:号码)?是|热线|电话多少"),
    ("link", r"\b(?:url|web ?(?:site|page|address)|base address)\b|网址"),
    ("time", r"^(?:and |so |but )?(?:when|until when|till when|since when|by when|from when)\b|\bhow (?:long|soon|often|early|late|quick(?:ly)?|fast)\b|\bwhat (?:time|day|days|date|year|hours|weekday)\b|\bwhich (?:day|date|year|month|time|weekday)s?\b|\bhow (?:many|much) (?:minutes|hours|days|weeks|months|years|time|notice)\b|什么时候|几点|多久|多长时间|哪天|哪一天|星期几|何时|几天|几个月|几年|时间"),
    ("money", r"\bhow (?:much|expensive|dear|pricey)\b(?! (?:time|notice|does .* weigh|memory|ram|storage|space|holiday|leave|water|power|weight|bread|of)\b)|\bwhat(?:'s| (?:does|do|did|would|will|is|are))\b.*\b(?:costs?|prices?|fees?|charges?|rates?|rent|salary|wage|pay|salaries)\b|\b(?:cost|price|fee|charge|fare|rent)s? (?:of|for|to|at|in)\b|\bper diem\b|\bset me back\b|\bwhat do (?:you|i|we) (?:charge|pay|owe|take|want)\b|多少钱|价格|费用|收费|几块"),
    ("number", r"\bhow (?:many|big|large|far|warm|cold|hot|heavy|deep|high|tall|wide|old|loud)\b|\bwhat (?:percentage|share|temperature|size|age)\b|\bhow much\b|多少|几个|几次|多大|多高"),
    ("person", r"^(?:and |so |but )?who(?:se|m)?\b(?! (?:pays|can|may|is allowed))|'s name\b|\bwho (?:do|should|can) i\b|谁|哪位"),
)  # fmt: skip
_HELD = {
    kind: re.compile(pattern, 0 if kind == "person" else re.IGNORECASE) for kind, pattern in _HOLDS.items()
}
_HELD["contact"] = re.compile("|".join(f"(?:{_HOLDS[kind]})" for kind in ("person", "phone", "mail")))
_ASKED = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _ASKS]


@lru_cache(maxsize=1000)
def asked_kind(question: str) -> str:
    """The kind of value a question asks for; empty where it asks for none (yes or no, how to, why)."""
    return next((kind for kind, pattern in _ASKED if pattern.search(question.strip())), "")


@lru_cache(maxsize=50_000)
def holds(kind: str, text: str) -> bool:
    """True where a text has a value of a kind."""
    return bool(_HELD[kind].search(text)) if kind else True
