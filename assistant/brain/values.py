"""The value of a span in the terms of the tools: numbers, learning rates, methods, tasks, names and texts."""

# ruff: noqa: E501 - patterns read best in one line

import re
from collections.abc import Sequence

WORDS = {
    "zero": 0, "half": 0.5, "one": 1, "a": 1, "an": 1, "single": 1, "once": 1, "two": 2, "twice": 2, "couple": 2, "three": 3, "thrice": 3,
    "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "dozen": 12, "twelve": 12, "thirteen": 13,
    "fourteen": 14, "fifteen": 15, "sixteen": 16, "eighteen": 18, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100,
}  # fmt: skip
CHINESE_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "半": 0.5}  # fmt: skip
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
    """The number in some words: digits, English or Chinese ("3", "three", "half a dozen", "十二"); None where there is none."""
    low = words.strip().lower()
    if found := re.search(r"\d+(?:\.\d+)?", low):
        value = float(found[0])
        return int(value) if value.is_integer() else value
    if "dozen" in low:
        return 6 if "half" in low else 12
    if found := re.search(
        r"[一二两俩三四五六七八九]?十[一二三四五六七八九]?|[零一二两俩三四五六七八九半]", low
    ):
        return _chinese(found[0])
    if found := re.search(
        r"\b(twenty|thirty|forty|fifty)[\s-](one|two|three|four|five|six|seven|eight|nine)\b", low
    ):
        return WORDS[found[1]] + WORDS[found[2]]
    known = [WORDS[word] for word in re.findall(r"[a-z]+", low) if word in WORDS]
    return next((value for value in known if value != 1), known[0] if known else None)


def _chinese_rate(words: str) -> float | None:
    """A learning rate in Chinese words: 万分之三, 零点零零零二, 五乘十的负五次方."""
    if part := re.search(r"([十百千万]+)分之([零一二两三四五六七八九十点]+)", words):
        scale = 1.0
        for sign in part[1]:
            scale *= {"十": 10, "百": 100, "千": 1000, "万": 10_000}[sign]
        return float(f"{_chinese_decimal(part[2]) / scale:.6g}")
    if power := re.search(r"(\d+(?:\.\d+)?)\s*(?:乘以?|[x×*])\s*10\s*的负\s*(\d+)次方", words):
        return float(f"{power[1]}e-{power[2]}")
    if power := re.search(
        r"([一二三四五六七八九](?:点[一二三四五六七八九])?)?(?:乘以?)?十的负([一二三四五六七八九])次方", words
    ):
        return float(f"{_chinese_decimal(power[1] or '一')}e-{CHINESE_DIGITS[power[2]]}")
    if plain := re.search(r"零点[零一二三四五六七八九]+", words):
        return _chinese_decimal(plain[0])
    return None


def _chinese_decimal(word: str) -> float:
    whole, _, rest = word.partition("点")
    digits = "".join(str(CHINESE_DIGITS[sign]) for sign in rest)
    return float(f"{int(_chinese(whole))}.{digits or 0}")


def _chinese(word: str) -> float | int:
    if "十" not in word:
        return CHINESE_DIGITS[word]
    tens, _, ones = word.partition("十")
    return (CHINESE_DIGITS[tens] if tens else 1) * 10 + (CHINESE_DIGITS[ones] if ones else 0)


def normal(text: str) -> str:
    """A text with its minus signs, raised digits ("10⁻⁴"), decimal commas ("0,0005") and traditional characters of training
    written plainly."""
    raised = re.sub(r"(?<=\d)([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "^" + found[1].translate(_RAISED), text)
    plain = re.sub(r"(?<![\d.,])0,(?=0*\d+\b)", "0.", re.sub(r"[−–]", "-", raised))
    return plain.translate(_SIMPLE)


_SIMPLE = str.maketrans(
    "學習標籤訓練類別欄輪個兩萬點負遍層頭開選為輸", "学习标签训练类别栏轮个两万点负遍层头开选为输"
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def rate(words: str) -> float | None:
    """A learning rate in any notation: 2e-5, 2 x 10^-5, 0.00002, .001, "two e minus five"; None where it is none."""
    low = normal(words.lower().strip(EDGES + ",;!?，。；！？"))
    if (chinese := _chinese_rate(low)) is not None:
        return chinese
    if spoken := re.search(
        r"(\w+)\s+(?:e|times ten to the|to the|乘(?:以)?十的)\s*(?:minus|negative|负|-)\s*(\w+)", low
    ):
        base, power = number(spoken[1]), number(spoken[2])
        return float(f"{base}e-{power}") if base is not None and power is not None else None
    if part := _THOUSANDTHS.search(low):
        count = {"half": 0.5}.get(part[1] or "", number(part[1] or "one") or 1)
        return float(f"{count / {'ten': 1e4, 'hundred': 1e5}.get(part[2] or '', 1e3):.6g}")
    low = re.sub(r"\s+", "", low)
    if found := re.search(r"(?:(\d+(?:\.\d+)?)[x×*·])?10(?:\^|\*\*)-(\d+)", low):
        return float(f"{found[1] or 1}e-{found[2]}")
    if found := re.search(r"\d+(?:\.\d+)?e-?\d+|\d*\.\d+|\d+(?=%)|\d+", low):
        value = float(found[0])
        return value / 100 if f"{found[0]}%" in low else value
    return None


_THOUSANDTHS = re.compile(
    r"(?:(half|one|two|three|four|five|\d)\s+)?(?:an?\s+)?(?:(ten|hundred)[\s-]+)?thousandths?\b"
)


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
    words = re.split(r"(?<=[\s,，…!?！？])\s*|(?<=[.。])\s+", text.strip())
    kept = [word for word in words if word and not INTERJECTION.fullmatch(word.strip(" .,，…!?！？。"))]
    return "".join(f"{word} " if word[-1:] not in " \n" else word for word in kept).strip() or text


def unquoted(text: str) -> str:
    """A text without the quotation marks around it; marks inside stay."""
    text = text.strip()
    found = re.fullmatch(r"[\"'“‘「『«`](.*)[\"'”’」』»`]", text, re.DOTALL)
    return found[1].strip() if found and not re.search(r"[\"“”「」]", found[1]) else text
