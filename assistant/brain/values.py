"""The value of a span in the terms of the tools: numbers, learning rates, methods, tasks, names and texts."""

# ruff: noqa: E501 - patterns read best in one line

import re
from collections.abc import Callable, Sequence

FIGURE = r"(?<!\d)(?:\d+(?:\.\d+)?|\.\d+)"
_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_TIMES = {"once": 1, "single": 1, "twice": 2, "thrice": 3, "half": 0.5, "zero": 0}
_WORDS = (
    {word: value for value, word in enumerate(_ONES + _TEENS, 1)}
    | dict(zip(_TENS, range(20, 100, 10), strict=True))
    | _TIMES
)
_SCALES = {"couple": 2, "dozen": 12, "hundred": 100, "thousand": 1000}
_CHINESE = {"零": 0, "一": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "半": 0.5}  # fmt: skip
_CHINESE_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_ORDINALS = {"third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
_METHODS = [
    ("adalora", r"ada[\s-]?lora"), ("qlora", r"\bq[\s-]?lora"), ("dora", r"\bdora\b"), ("lora", r"\blora\b|low[\s-]?rank"),
    ("few-shot", r"few[\s-]?shot|set-?fit|[少小]样本"),
    ("head", r"\bhead\b|\bfrozen?\b|\bfreez|last layer|top layer|分类头|训练头|[只调练]头|冻结|冻住|最后一层"),
    ("full", r"\bfull\b|\bfully\b|\ball (?:the |of the )?(?:layers|weights|parameters)|every(?:thing| (?:layer|weight|parameter))|whole|entire|complete|全量|全参|全部参数|所有(?:参数|层|权重)|整个|完整"),
    ("auto", r"\bauto|自动|you (?:choose|decide|pick)|whatever|你(?:来)?(?:选|定|决定)"),
]  # fmt: skip
_TASKS = [
    ("image-classification", r"\bimages?\b|\bphotos?\b|\bpictures?\b|\bvision\b|图像|图片|照片|识图"),
    ("token-classification", r"\btoken|\bner\b|entit|named|\btag(?:ging|ger|s)? (?:names|people|products|words|places|companies|persons)|\bextract|sequence[\s-]label|\bspans?\b|实体|抽取|词元|序列标注|标注.*词"),
    ("masked-lm", r"\bmasked|\bmlm\b|mask(?:ed)?[\s-]lm|domain (?:pre-?training|adaptation)|continued pre-?training|fill[\s-]in|掩码|预训练|完形"),
    ("embedding", r"embedd?ing|similar|semantic search|retriev|\bvectors?\b|\bsearch\b|向量|嵌入|相似|检索|语义搜索"),
    ("text-generation", r"generat|chat[\s-]?bot|\bchat\b|\bwrit|\breply|\breplies\b|\bdraft|instruct|summar|\banswers\b|rephras|生成|聊天|对话|写|回复|续写|摘要|指令"),
    ("text-classification", r"classif|sentiment|spam|\bsort|\brout(?:e|ing)|categor|intent|topic|triag|urgen|churn|label|detect|mood|tone|emotion|toxic|complaint|文本分类|分类|情感|情绪|垃圾|归类|意图|主题|分拣|流失|投诉"),
]  # fmt: skip
EDGES = " \t\n\"'“”‘’「」『』«»`"


def bare(words: str) -> str:
    """A name without quotation marks and the punctuation behind it."""
    text = words.strip(EDGES).rstrip(",;:!?，。；：！？、")
    return text.rstrip(".").strip(EDGES)


def column(words: str) -> str:
    """A column's name, without articles and the word column."""
    name = re.sub(
        r"^(?:(?:the|my|our|in|its|columns?|fields?|列|字段)\s+)+", "", bare(words), flags=re.IGNORECASE
    )
    name = bare(re.sub(r"\s*(?:columns?|fields?|列|字段)$", "", name, flags=re.IGNORECASE))
    return "" if name.lower() in ("called", "named", "the") else name


def number(words: str) -> float | int | None:
    """The number in some words: digits, English or Chinese ("3", "two hundred", "half a dozen", "三百五十"); None where there is none."""
    found = [float(figure) for figure in re.findall(FIGURE, figures(words))]
    if not found:
        return 1 if re.search(r"\ban?\b", words, re.IGNORECASE) else None
    # "another one, so three": in words, a one counts for little.
    value = found[0] if re.search(r"\d", words) else next((each for each in found if each != 1), 1)
    return int(value) if float(value).is_integer() else value


def is_number(word: str) -> bool:
    """Whether a word is a number and nothing else, in digits or spelled out: "5" and "five", not "fp16" nor "one"."""
    return word.lower() not in ("one", "once") and bool(re.fullmatch(FIGURE, figures(word)))


def figures(text: str) -> str:
    """A text with its numbers written one way: "two hundred" as 200, "2 x 10^(-5)" as 2e-5, "万分之三" as 3/10000."""
    text = normal(text).lower()
    for pattern, written in _FIGURES:
        text = pattern.sub(written, text)
    return text


def _spoken(found: re.Match[str]) -> str:
    """A number in English words: "one hundred and twenty", "half a dozen", "2 thousand"."""
    total = part = 0.0
    for word in re.findall(r"[a-z]+|[\d.]+", found[0]):
        if word in _SCALES:
            part = (part or 1) * _SCALES[word]
            total, part = (total + part, 0) if word == "thousand" else (total, part)
        else:
            part += float(word) if word[-1].isdigit() else _WORDS.get(word, 0)
    return f"{total + part:.12g}"


def _chinese(found: re.Match[str]) -> str:
    """A number in Chinese words: 两千, 一百零五, 三百五 (350), 2万, 一零零; of 两三 the first."""
    word = found[0]
    if "零" in word and not re.search(r"[十百千万半\d]", word):
        return _chinese_digits(found)
    total = part = 0.0
    digit, last = None, 10.0  # the scale before counts for a digit at the end: 三百五, 一万五
    for sign in re.findall(r"\d+|.", word):
        if sign == "万":
            total, part = (part + (digit or 0) or 1) * 10_000, 0
            digit, last = None, 10_000
        elif sign in _CHINESE_SCALES:
            part += (1 if digit is None else digit) * _CHINESE_SCALES[sign]
            digit, last = None, _CHINESE_SCALES[sign]
        elif sign == "零":
            last = 10
        elif digit is None:
            digit = float(_CHINESE.get(sign) or sign)
    return f"{total + part + (digit or 0) * last / 10:.12g}"


def _chinese_digits(found: re.Match[str]) -> str:
    return "".join(str(_CHINESE[sign]) for sign in found[0])


def _power(found: re.Match[str]) -> str:
    return f"-{_ORDINALS.get(found[1], found[1])}"


def _part(found: re.Match[str]) -> str:
    """The scale of "two ten-thousandths", behind a sign of division that the count comes to stand before."""
    zeros = {"ten": 1, "hundred": 2}.get(found[1], 0) + {"hundred": 2, "thousand": 3, "million": 6}[found[2]]
    return f" ÷1{'0' * zeros}"


_BELOW_100 = (
    rf"(?:(?:{'|'.join(_TENS)})(?:[\s-]+(?:{'|'.join(_ONES)}))?|{'|'.join([*_TEENS, *_ONES, *_TIMES])})\b"
)
_SCALE = r"(?:(?:hundred|thousand|dozen)\b|couple\b(?:\s+of\b)?)"
_TO = r"(?:\^|\*\*|(?:raised\s+)?to(?:\s+the)?(?:\s+power(?:\s+of)?)?|的)"
_MINUS = r"\s*[({（]?\s*-\s*(\d+)(?:\s*[)}）])?(?:(?:th)?\s+power\b|次方|次幂)?"
_DOTS = "x×*·⋅•∙"  # signs of multiplication
# One after the other; each goes on from what the one before has written.
_FIGURES: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    # 1,5e-4 and 2,5 have a decimal comma; 1,000 and 1 000 a sign between the thousands. "1e-4,3 epochs" has neither.
    (re.compile(rf"(?<![A-Za-z0-9_.,-])(\d+),(?=\d+\s*(?:e\s*-|[{_DOTS}%]|times)|\d{{1,2}}(?![\w,.]*\d))"), r"\1."),
    (re.compile(r"(?<![\w.])\d+(?:\.\d+)?e\+?\d(?![\w.])"), lambda found: f"{float(found[0]):.12g}"),  # 1e2 epochs
    (re.compile(r"(?<=\d)\s*‰"), "/1000"),
    (re.compile(r"(?<![\w.,-])\d{1,3}(?:[, \u00a0\u202f']\d{3})+(?!\d)"), lambda found: re.sub(r"\D", "", found[0])),
    (re.compile(rf"({FIGURE})k\b"), lambda found: f"{float(found[1]) * 1000:.12g}"),
    (re.compile(r"(?<=点)[零一二三四五六七八九]+"), _chinese_digits),
    # 一遍 is "once more", not a number.
    (re.compile(r"(?<!\d)\d*[零一二两俩三四五六七八九十百千万]+(?=分之)|(?!一遍|[百千万])(?:(?<!\d)\d+(?=[百千万]))?[零一二两俩三四五六七八九十百千万半]+"), _chinese),
    (re.compile(r"(?<=\d)点(?=\d)"), "."),
    (re.compile(rf"({FIGURE})\s*分之\s*({FIGURE})"), r"\2/\1"),
    (re.compile(r"(?<![\s-])[\s-]*(?:\ban?\s+)?(?:\b(ten|hundred)[\s-]+)?\b(hundred|thousand|million)ths?\b"), _part),
    (re.compile(rf"\b(?:(?:half\s+)?(?:an?\s+)?{_SCALE}|{_BELOW_100}|{FIGURE}(?=\s+{_SCALE}))(?:[\s-]+{_SCALE}|(?<=dred|sand)[\s-]+(?:and\s+)?{_BELOW_100})*"), _spoken),
    (re.compile(r"(?<=\d) and a 0\.5\b"), ".5"),
    (re.compile(r"(?:(?<!\d)(\d+)\s+(?:point|dot)|\bpoint(?=\s+(?:0|oh?)\b))((?:\s+(?:\d+|oh?)\b)+)"), lambda found: f"{found[1] or 0}." + re.sub(r"\s", "", re.sub(r"oh?", "0", found[2]))),
    (re.compile(rf"(?:({FIGURE})\s*|(?<=\s))÷"), lambda found: f"{found[1] or 1}/"),
    (re.compile(r"(?<=\d)\s*(?:/|\bover\b)\s*(?=\d)"), "/"),
    (re.compile(r"(?<=\d)(?:\s+an?)?\s*(?:%|per\s?cent\b)"), "%"),
    (re.compile(rf"(?:\bminus|\bnegative|负)\s*(\d+|{'|'.join(_ORDINALS)})(?![a-su-z])"), _power),
    (re.compile(rf"({FIGURE})\s*(?:[{_DOTS}]|\\?times|\\?cdot|乘以?)\s*(?:10\s*{_TO}?|1e){_MINUS}"), r"\1e-\2"),
    (re.compile(rf"(?<![\w.])10\s*{_TO}{_MINUS}"), r"1e-\1"),
    (re.compile(rf"({FIGURE})\s*(?:e\^?|to the){_MINUS}"), r"\1e-\2"),
]  # fmt: skip


def normal(text: str) -> str:
    """A text with its minus signs, raised digits ("10⁻⁴"), decimal commas ("0,0005") and traditional characters of training
    written plainly."""
    raised = re.sub(r"(?<=\d)([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "^" + found[1].translate(_RAISED), text)
    narrow = re.sub(r"(?<=[０-９])[ｅＥ](?=[－+＋０-９-])|[０-９．％＋＊＾]", _narrow, raised)
    plain = re.sub(r"(?<![\d.,])0,(?=0*\d+\b)", "0.", re.sub(r"[−–‑－]", "-", narrow))
    return plain.translate(_SIMPLE)


def _narrow(found: re.Match[str]) -> str:
    """A sign of figures as wide as a Chinese character (U+FF01 to U+FF5E) in its ordinary width."""
    return chr(ord(found[0]) - 0xFEE0)


_SIMPLE = str.maketrans(
    "學習標籤訓練類別欄輪個兩萬點負遍層頭開選為輸", "学习标签训练类别栏轮个两万点负遍层头开选为输"
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def rate(words: str) -> float | None:
    """A learning rate in any notation: 2e-5, 2 x 10^-5, .001, 1/1000, "two e minus five"; None where it is none, as 1 and more are."""
    found = (_rate(match) for match in _RATE.finditer(figures(words)))
    return next((value for value in found if 0 < value < 1), None)


_RATE = re.compile(rf"({FIGURE})(?:e(-?\d+)|/({FIGURE})|(%))?")


def _rate(found: re.Match[str]) -> float:
    figure, power, divisor, percent = found.groups()
    if power:
        return float(f"{figure}e{power}")
    by = float(divisor) if divisor else 100 if percent else 1
    return float(f"{float(figure) / by:.6g}") if by else float(figure)


def method(words: str) -> str | None:
    """The fine-tuning method that some words name, in the contract's terms."""
    return _first(_METHODS, words)


def task(words: str) -> str | None:
    """The task that some words name or describe, in the contract's terms."""
    return _first(_TASKS, words)


def _first(table: Sequence[tuple[str, str]], words: str) -> str | None:
    return next((value for value, pattern in table if re.search(pattern, words, re.IGNORECASE)), None)


INTERJECTION = re.compile(
    r"h+m+|u+m+|u+h+|eh|well|ok(?:ay)?|oh|so|haha\w*|lol|please|pls|thanks|嗯+|呃+|哈+|那|就", re.IGNORECASE
)


def without_interjections(text: str) -> str:
    """A short answer without what people say before and after it: "hmm.. sommelier-bot haha"."""
    words = re.split(r"(?<=[\s，…!?！？])\s*|(?<=,)(?!\d)\s*|(?<=[.。])\s+", text.strip())
    kept = [word for word in words if word and not INTERJECTION.fullmatch(word.strip(" .,，…!?！？。"))]
    return "".join(f"{word} " if word[-1:] not in " \n" else word for word in kept).strip() or text


def unquoted(text: str) -> str:
    """A text without the quotation marks around it; marks inside stay."""
    text = text.strip()
    found = re.fullmatch(r"[\"'“‘「『«`](.*)[\"'”’」』»`]", text, re.DOTALL)
    return found[1].strip() if found and not re.search(r"[\"“”「」]", found[1]) else text
