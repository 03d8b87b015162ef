"""Postal addresses: streets with house numbers, post boxes, post codes after a place, Chinese addresses."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, chinese
from tools.privacy.recognizers.people import HAN, known

UPPER = r"[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΩА-Я]"
CAPITAL = rf"{UPPER}[^\W\d_]*(?:['’.-][^\W\d_]+)*\.?"
KIND = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Square|Squares|Sq|Place|Pl|Terrace|Ter|Way|Parkway|Pkwy|"
    r"Highway|Hwy|Circle|Cir|Trail|Trl|Crescent|Close|Grove|Gardens|Mews|Row|Walk|Alley|Plaza|Heights|Mall|Loop|Pass|Pike|Run|"
    r"Crossing|Junction|Mission|Ridge|Valley|View|Island|Islands|Estate|Estates|Fort|Forge|Ferry|Glen|Green|Harbor|Haven|Hill|Hills|"
    r"Hollow|Inlet|Isle|Key|Knoll|Lake|Landing|Light|Lodge|Manor|Meadow|Meadows|Mill|Mills|Motorway|Mount|Mountain|Neck|Orchard|Oval|Park|"
    r"Path|Point|Rise|Parade|Quay|Wharf|Croft|Brae|Wynd|Esplanade|Embankment|Chase|Port|Prairie|Ranch|Rapid|Rest|River|Shoal|Shore|Skyway|Spring|Springs|Spur|Station|Stravenue|Stream|Streets|Summit|Track|"
    r"Trace|Tunnel|Turnpike|Union|Village|Ville|Vista|Well|Wells|ST|AVE|RD|BLVD|STREET|ROAD|AVENUE)"
)
UNIT = r"(?:(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Room|No)\.?[ #]{0,2}\d{1,5}[A-Za-z]?|#\d{1,5})"
# What may follow on the same or the next lines: unit, city, state, country, post code.
TAIL = (
    rf"(?:[ \t]*,?[ \t]*{UNIT}|\s*,?[ \t]*\n[ \t]*{UNIT})?"
    rf"(?:\s{{0,2}},?\s{{1,2}}{CAPITAL}(?:[ \t]{CAPITAL}){{0,2}}\s{{0,2}},\s{{0,2}}{UPPER}{{2}}\b(?:\s{{1,3}}[^\W\d_]+(?:[ \t][^\W\d_]+){{0,3}})?(?:\s{{1,2}}\d{{4,6}}(?:-\d{{4}})?)?)?"
)
ENGLISH = re.compile(
    rf"(?<![\w./-])(?:\d{{1,6}}[ \t]+|\d{{1,4}}[/-])?\d{{1,6}}[A-Za-z]?,?[ \t]+(?:[NSEW]\.?[ \t]+)?(?:{CAPITAL}[ \t]+){{1,4}}{KIND}(?!\w)\.?{TAIL}"
)
LOWER = re.compile(
    r"(?i)(?<![\w.-])\d{1,5}[a-z]?[ \t]+(?:(?!(?:days?|hours?|minutes?|the|a|of|to|in|on|for|and|rows?|epochs?|steps?|per|each|more|other|items?|pcs?|pieces?)\b)[a-z'’]+[ \t]+){1,3}"
    r"(?:street|avenue|road|boulevard|blvd|lane|drive|court|square|terrace|crescent|close|grove|gardens|mews|row|parade|cottages)(?!\w)"
)
# Continental: the street's kind in its name or before it, the number after.
CONTINENTAL = re.compile(
    rf"(?<![\w.-])(?:\d{{1,6}}[ \t]+){{0,2}}(?:{UPPER}[^\W\d_]*(?:['’-][^\W\d_]+)*[ .]+){{0,2}}{UPPER}?[^\W\d_]*(?:straße|strasse|str\.|gasse|weg|platz|allee|ufer|damm|gata|gatan|gate|vägen|vegen|veien|väg|"
    r"vej|vænget|vang|gade|allé|stræde|katu|tie|kuja|polku|puistikko|straat|laan|plein|gracht|dijk|kade|utca|út|tér|útja|u\.|ulica|tänav|stígur|vegur|braut)[ \t]+\d{1,5}\s?[a-zA-Z]?(?![\w.]\d|%)",
)
ROMANCE = re.compile(
    rf"(?<!\w)(?:\d{{1,6}}[ \t]+){{0,2}}(?:Rua|Avenida|Av\.|Via|Viale|Piazza|Corso|Largo|Travessa|Calle|C/|Jr\.|Jirón|Jalan|Jln\.?|Bulevar|Bulevardul|Trg|Praça|Rambla|Carrer|Passeig|Plaza|Paseo|Carrera|Rue|Avenue|Boulevard|Chemin|Quai|Allée|ul\.|Ul\.|Ulica|al\.|Strada|Stradă)"
    rf"[ \t]+(?:(?:d[aeiou]s?|de la|de los|del|della|des|du|la|le|l['’]|{CAPITAL}|\d{{1,2}})[ \t]*){{1,5}},?[ \t]*(?:nº|n°|No\.?)?[ \t]*\d{{1,5}}[A-Za-z]?(?!\w)",
)
BOX = re.compile(
    r"(?i)\b(?:P\.?\s?O\.?\s?Box|PSC|Postfach|Unit|CMR)\s+\d{1,6}(?:,?\s+Box\s+\d{1,6})?(?:\s+(?:APO|FPO|DPO)\s+A[AEP]\s+\d{5})?"
)
MILITARY = re.compile(r"\b(?:USNS|USS|USCGC|USNV)\s+[A-Z][a-z]+\s+(?:FPO|APO|DPO)\s+A[AEP]\s+\d{5}")
UNITS = re.compile(r"(?<![\w.-])(?:Apt|Apartment|Suite|Flat)\.?\s?#?\d{1,5}[A-Za-z]?(?!\w)")
POSTCODE = re.compile(
    r"(?<!\w)(?:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[AC-FHKNPRTV-Y]\d[\dW] [AC-FHKNPRTV-Y\d]{4}|[ABCEGHJ-NPRSTVXY]\d[A-Z] \d[A-Z]\d|(?:(?<=, [A-Z]{2} )|(?<=zip code )|(?<=zip code is )|(?<=zip: )|(?<=ZIP )|(?<=zip ))\d{5}(?:-\d{4})?)(?!\w)"
)
ADDRESS_IS = re.compile(
    r"(?i)\b(?:my|his|her|our|home|billing|shipping|delivery|mailing|new|current|street|e\.?o\.?|p\.?o\.?)\s+address(?:\s+is)?\s*(?:now\s+)?:?\s+(?=[^\n]*\d)([^\n.;!?<@]{6,100})"
)
# What may follow a street: a unit, then place names up to a post code, over line ends too.
UNIT_AFTER = re.compile(rf"[\s,]{{1,6}}(?:{UNIT}|\d{{1,2}}\s?[ºª°](?:\s?[A-Z])?)(?!\w)", re.IGNORECASE)
TOWN_AFTER = re.compile(
    rf"(?:[\s,.]{{1,6}}(?:{CAPITAL}|nan|[a-z]{{2}}(?=\s\d)|\([A-Z][a-z]+\))){{1,6}}\s{{1,6}}\d{{4,6}}(?!\d)"
)
CITY_AFTER = re.compile(
    rf"(?:,[ \t]*|\s{{1,6}}){CAPITAL}(?:[ \t]{CAPITAL}){{0,2}}(?:[\s,]{{1,6}}{CAPITAL}(?:[ \t]{CAPITAL}){{0,2}})?(?=\s*(?:$|[\n?!,.]))"
)
# What may stand before a street.
UNIT_BEFORE = re.compile(
    r"(?:(?:\b(?:[Ff]lat|[Uu]nit|Apt|Apartment|[Rr]oom|Rm|Suite|House|Villa|Lot|Block|Plot|Shop|Door|Stand|Top Floor|Ground Floor|First Floor|Basement)\b\.?[ ]?#?[\dA-Z/-]{0,6}|(?<![\w.-])\d{1,4}[A-Z]?\d?|\b[Nn]o\.?),?[ ]){1,3}\Z"
)
# A lot, a villa or a room, and names and numbers after it: "Lot 5, Gidgee Lane, Coonabarabran NSW 2357".
PLACE_PART = rf"(?:{CAPITAL}|[A-Z]{{0,2}}\d[\w/-]*)"
ROOMED = re.compile(
    rf"\b(?=[^.!?\n]{{0,80}}\d)(?:Lot|Villa|House|Plot|Room|Rm|Block|Door|Stand|Erf|Unit|Flat|Shop|Apt|Apartment)\b\.?[ ](?:No\.?[ ]?)?#?[\dA-Z]{{1,5}}(?:,[ ]{PLACE_PART}(?:[ ]{PLACE_PART}){{0,4}}){{2,6}}"
)
# A house with a name, before a British post code or the first half of one.
HOUSE_NAME = re.compile(
    rf"(?<![^\W\d_])(?:{CAPITAL}(?:[ ](?:(?:na|an|of|the|on|upon|le)[ ])?{CAPITAL}){{0,3}},[ ]){{1,3}}{CAPITAL}(?:[ ]{CAPITAL})?,?[ ](?:[AC-FHKNPRTV-Y]\d[\dW][ ][A-Z\d]{{4}}|[A-Z]{{1,2}}\d[A-Z\d]?(?:[ ]\d[A-Z]{{2}})?)(?!\w)"
)
# A block and a house before the quarter, the ward and the town, as in Japan: "2-14-6 Hinodai, Midori-ku, Nagoya 460-0008".
JAPANESE = re.compile(
    rf"(?<![\w-])\d{{1,3}}(?:-\d{{1,4}}){{1,3}},?[ ](?:{CAPITAL}[ ,]{{1,2}}){{1,6}}(?:\d{{3}}-\d{{4}}(?![\w-]))?"
)
OF_JAPAN = re.compile(r"-(?:shi|ku|cho|chō|machi|gun|ken|fu|to|mura)\b|\d{3}-\d{4}\Z")
KANJI = re.compile(
    r"(?:〒?\d{3}-\d{4}[ ]?)?(?:東京都|北海道|京都府|大阪府|[\u4e00-\u9fff]{2,3}県)[\u4e00-\u9fff\u3040-\u30ff々]{2,24}\d[\d-]{0,10}(?:[\u4e00-\u9fff\u30a0-\u30ff]{1,12}\d{2,4}号?室?)?|〒\d{3}-\d{4}"
)
ZIP_CUE = re.compile(
    r"(?i)\b(?:zip|postal|post)[ -]?(?:code)?(?: is)?:?\s+([A-Z0-9]{2,5}(?:[ -]\d{2,4})?)(?!\w)"
)
NUMBERED = re.compile(
    rf"(?<![\w.,-])(\d{{2,6}}[ \t]+(?:{CAPITAL}[ \t]+(?:(?:do|da|de|del|la|al|u\.)[ \t]+)?){{1,4}}\d{{1,5}}\.?)(?![\w%])"
)
MONTH = re.compile(r"(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)")
CHINESE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,7}?(?:省|自治区))?(?:[\u4e00-\u9fff]{2,7}?市)?(?:[\u4e00-\u9fff]{1,6}?[区县旗])?(?:[\u4e00-\u9fff]{1,6}?(?:镇|乡|街道))?"
    r"[\u4e00-\u9fff\dA-Za-z]{1,10}?(?:路|街|大道|巷|弄|胡同|村|大街)\s?[\d一二三四五六七八九十百甲乙-]{1,8}\s?(?:号|弄)(?:之[一二三四五六七八九\d])?"
    r"(?:院|楼|大厦)?(?:[\u4e00-\u9fff\dA-Za-z-]{0,12}?(?:栋|幢|座|单元|楼|层|室|户|号))*(?:\d{1,5}(?:室|号)?)?"
)
# Estates and buildings without a street, and the roads of Hong Kong and Taiwan.
CHINESE_ESTATE = re.compile(
    r"[\u4e00-\u9fff]{2,14}?(?:里|邨|园|苑|小区|花园|新村|公寓|大厦|家园|花城|府|庭|城|湾|村|坊|屯|庄)(?:[一二三四五六七八九十]{1,2}[区期])?\s?[\dA-Z]{1,4}(?:号楼|栋|幢|座|号院|期|单元)[\d一二三四五六七八九十A-Za-z号楼栋幢座单元层室户-]{0,16}"
)
ESTATE_DASHED = re.compile(
    r"[\u4e00-\u9fff]{2,12}?(?:小区|花园|家园|公寓|新村|新城|豪庭|名苑|[苑园庭府湾邸城里郡])(?:[一二三四五六七八九十\d]{1,2}[区期])?\s?\d{1,3}-\d{1,2}-\d{1,4}(?![\d-])"
    r"|[\u4e00-\u9fff]{2,12}?(?:小区|花园|家园|公寓|新村|豪庭|名苑|苑)(?:[一二三四五六七八九十\d]{1,2}[区期])?\s?\d{1,3}-\d{3,4}(?![\d-])"
)
CHINESE_ROAD = re.compile(
    r"[\u4e00-\u9fff]{2,14}?(?:道|围|径|坊|段|街)[\d一二三四五六七八九十]{1,5}[号號](?:[\u4e00-\u9fff\dA-Z]{0,10}?(?:室|楼|樓|层|座|户))*"
)
CHINESE_CUE = re.compile(
    r"(?:地址|住址|住在|居住在|家住|寄到|寄往|送到|送货到)(?:是|为|改为|改成)?[::\s]{0,3}([\u4e00-\u9fff\dA-Za-z-]{4,50})"
)
# A flat by its block: "3号楼1单元1204". And a district with its street, where somebody lives.
CHINESE_BLOCK = re.compile(
    r"(?<![\d-])(?:[\u4e00-\u9fff]{2,8}[区园苑里城])?(?:\d{1,3}|[A-Z]|[一二三四五六七八九十]{1,3})[号栋幢座]楼?\s?(?:[\d一二三四五六七八九]单元)?\s?\d{3,4}[室户]?(?![\d元块个件%号年月-])"
)
CHINESE_HOME = re.compile(
    r"(?:现居|居住于?|现住|户籍在?|家在|住|搬到|搬至|搬去|寄到|送到)\s?([\u4e00-\u9fff]{2,6}?[市区县州][\u4e00-\u9fff]{2,8}?(?:街道|镇|乡|村|街|路|园区|社区)[\u4e00-\u9fff\dA-Za-z-]{0,14}?(?:[ ]room \d+)?)(?=[^\u4e00-\u9fff\dA-Za-z-]|$|那|的)"
)
# A street of a district without its number, an estate where somebody is or moves to, and "the one in 502".
CHINESE_STREET = re.compile(
    r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff]{2,3}区[\u4e00-\u9fff]{2,6}(?:街|路|巷))(?=[^\u4e00-\u9fff\d]|那[边里]|附近|的|$)"
    r"|(?:\b(?:from|in|at)[ ]|[由住在去到至])([\u4e00-\u9fff]{2,6}(?:邨|康城|第一城|新邨|屋邨|花园小区|家属院|城中村))"
    r"|我是(\d{3,4})(?=的|[室户])"
    r"|(?:省[\u4e00-\u9fff]{1,4}市|自治区)?[\u4e00-\u9fff]{2,5}[县区][\u4e00-\u9fff]{2,5}[镇乡][\u4e00-\u9fff]{2,6}村(?:[\d一二三四五六七八九十]{1,3}组)?"
)
# "from number 4", "BARRY FROM LOT 31"
NUMBER_OF = re.compile(
    r"(?i)\b(?:from|at|in) ((?:number|no\.?|lot|flat|unit|apartment|apt\.?|room)[ ]\d{1,4}[a-z]?)(?![\w-]|[ ](?:of|in|on the (?:list|agenda))\b)|\((number \d{1,4}),"
)
CHINESE_PART = re.compile(r"[省市区县镇乡村路街道巷弄号楼栋室]")
LEADING = re.compile(
    r"^(?:我|我们|他|她|请|把|家|住|住在|住址|地址|是|为|在|于|寄到|送到|公司|改为|改成|收货|现|的|位于|来自|和|门牌|业主)+"
)


DIGIT = re.compile(r"\d")
# Where a sentence goes on after an address.
GOES_ON = re.compile(
    r"[,;]?\s+(?:(?i:please|thanks|thank you|contact|attn|tel|phone|mobile|call|e-?mail|because|instead|between|before|after|until)\b"
    r"|(?:by|at|on|for|with|is|was|not|but|so|if|it|we|he|she|and it|and we|and the|from)\s(?=[a-z\d]))[\s\S]*"
)


class Streets(Recognizer):
    """Where somebody lives, down to the house."""

    TYPES = ("LOCATION",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if DIGIT.search(text):  # without a house number or post code it is no address, but in Chinese
            yield from _numbered(
                text if text.isascii() else HAN.sub("。", text)
            )  # Chinese letters would be taken for parts of the words beside them
            for span in named:
                words = text[span.start_char : span.end_char]
                if span.label_ == "LOCATION" and _house(words):
                    yield Entity("LOCATION", span.start_char, span.start_char + len(address(words)), 0.7)
        yield from _chinese(text)


def _numbered(text: str) -> Iterator[Entity]:
    for pattern, score in (
        (ENGLISH, 0.85),
        (LOWER, 0.8),
        (CONTINENTAL, 0.8),
        (ROMANCE, 0.8),
        (BOX, 0.8),
        (MILITARY, 0.9),
        (UNITS, 0.75),
        (POSTCODE, 0.8),
    ):
        for match in pattern.finditer(text):
            yield Entity("LOCATION", _widened(text, match.start()), _extended(text, match.end()), score)
    for pattern in (ROOMED, HOUSE_NAME):
        for match in pattern.finditer(text):
            yield Entity("LOCATION", match.start(), _extended(text, match.end()), 0.75)
    for match in JAPANESE.finditer(text):
        if OF_JAPAN.search(match.group()):
            yield Entity("LOCATION", match.start(), match.start() + len(match.group().rstrip(" ,")), 0.75)
    for match in NUMBERED.finditer(text):
        if not MONTH.search(match.group()) and not any(known(word) for word in match.group().split()):
            yield Entity("LOCATION", match.start(), _extended(text, match.end()), 0.7)
    for match in NUMBER_OF.finditer(text):
        yield Entity("LOCATION", *match.span(match.lastindex or 1), 0.65)
    for match in ZIP_CUE.finditer(text):
        if any(letter.isdigit() for letter in match.group(1)):
            yield Entity("LOCATION", match.start(1), match.end(1), 0.8)
    for match in ADDRESS_IS.finditer(text):
        length = len(address(match.group(1)).rstrip(" ,"))
        yield Entity("LOCATION", match.start(1), match.start(1) + length, 0.75)


def address(words: str) -> str:
    """What takes itself for an address, without the rest of its sentence."""
    return GOES_ON.sub("", words) if DIGIT.search(words) else words


TIME = re.compile(r"(?i)[_@<>{}\[\]=*`|]|\d\s?(?:am|pm|h|%)\b|\d:\d\d")


def _house(words: str) -> bool:
    """Does what the model takes for a place hold a number and more, as an address does?"""
    if not any(letter.isdigit() for letter in words) or TIME.search(words):
        return False
    named = [word for word in re.findall(r"[^\W\d_]{2,}", words) if not known(word)]
    capital = any(word[0].isupper() and len(word) > 2 for word in named)
    return (capital and len(named) > 1) or len(CHINESE_PART.findall(words)) > 1


def _widened(text: str, start: int) -> int:
    """Where the address begins that has its street at this place: with a flat or the house's number."""
    before = UNIT_BEFORE.search(text, max(0, start - 40), start)
    return before.start() if before else start


def _extended(text: str, end: int) -> int:
    """Where the address ends that has its street before this place."""
    for _ in range(2):
        unit = UNIT_AFTER.match(text, end)
        end = unit.end() if unit else end
    town = TOWN_AFTER.match(text, end)
    if town:
        return town.end()
    city = CITY_AFTER.match(text, end)
    return city.end() if city and not any(known(word) for word in city.group().split()) else end


def _chinese(text: str) -> Iterator[Entity]:
    if not chinese(text):
        return
    for match in CHINESE.finditer(text):
        lead = LEADING.match(match.group())
        yield Entity("LOCATION", match.start() + (lead.end() if lead else 0), match.end(), 0.8)
    for pattern in (CHINESE_HOME, CHINESE_STREET):
        for match in pattern.finditer(text):
            yield Entity("LOCATION", *match.span(match.lastindex or 0), 0.75)
    for match in KANJI.finditer(text):
        yield Entity("LOCATION", *match.span(), 0.8)
    for pattern in (CHINESE_ESTATE, ESTATE_DASHED, CHINESE_ROAD, CHINESE_BLOCK):
        for match in pattern.finditer(text):
            lead = LEADING.match(match.group())
            yield Entity("LOCATION", match.start() + (lead.end() if lead else 0), match.end(), 0.75)
    for match in CHINESE_CUE.finditer(text):
        if len(CHINESE_PART.findall(match.group(1))) >= 2:
            yield Entity("LOCATION", match.start(1), match.end(1), 0.8)
