"""Names in messages that mix Chinese and English, and names of peoples whose names have no Chinese family name."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recipe.chinese import GIVEN as GIVEN_LETTERS
from tools.privacy.recognizer import Recognizer, near
from tools.privacy.recognizers.belief import common, is_given
from tools.privacy.recognizers.people import known, stops
from tools.privacy.recognizers.people_zh import CHINESE, FAMILY, NO_NICK, NOT_NAMES, SOUNDS, WIDE, named_thing

WORD = r"(?-i:[A-ZÀ-ÖØ-ÞĀ-Ž][A-Za-zÀ-ɏ'’-]+)"
LATIN = rf"{WORD}(?:[ ]{WORD}){{0,3}}"
OPEN = r"(?<![A-Za-z0-9@./_-])"
CLOSE = r"(?![A-Za-z0-9@_]|[.-][A-Za-z0-9])"
WHO = (
    r"奶奶|爷爷|外婆|外公|姥姥|姥爷|爱人|老公|老婆|丈夫|妻子|太太|先生|女儿|儿子|妈妈|爸爸|妈|爸|哥哥|姐姐|弟弟|妹妹|室友|房东|租客|同事|朋友|同学|老师|教练|司机|客户|客人|用户|会员|病人|患者|乘客|旅客|学生|"
    r"户名|英文名|姓名|名字|收款人|付款人|收件人|寄件人|联系人|取件人|取车人|订房人|入住人|申请人|经办人|负责人|值班|店长|经理|助理|秘书|主管|"
    r"baby|daughter|son|husband|wife|mom|mum|dad|roommate|flatmate|driver|patient|guest|tenant|client|customer|friend|colleague|manager|boss|contact|passenger|auntie|aunty|aunt|uncle|kid"
)
# 老公 Daniel, daughter Clover, 户名 Xu Ruolan, driver 换成 Enkhbat, passport 上是 CHU Hsin-yi
AFTER_ROLE = re.compile(
    rf"(?i:(?:{WHO}))(?:应该)?(?:叫|是|为|上是|上写的是|换成|改成|写成|:|:|=)?[ ]?[\"'“「]?({LATIN}|(?-i:[A-Z]{{2,12}}[ ]{WORD}(?:[ ]{WORD})?)){CLOSE}"
)
WRITTEN = re.compile(
    rf"(?:护照|passport|证件|身份证|ID|机票|签证)\s?上(?:写的)?是[ ]?({LATIN}|(?-i:[A-Z]{{2,12}}[ ]{WORD})){CLOSE}",
    re.I,
)
TITLED = re.compile(
    rf"{OPEN}({WORD}(?:[ ]{WORD}){{1,3}})[ ]?(?:先生|女士|小姐|老师|太太|医生|教授|经理|同学)"
)
# Nana 苗, Ethan 段: a given name and a Chinese family name.
BOTH = re.compile(rf"{OPEN}((?!(?:Mr|Mrs|Ms|Dr|Miss|Prof)\b)[A-Z][a-z]{{1,}}[ ]{WIDE})(?![\u4e00-\u9fff])")
# 阿Ken, 小Amy
NICKED = re.compile(r"(?<![A-Za-z])([阿小老](?:[A-Z][a-z]+|[a-z]{2,8}))(?![A-Za-z0-9@._-])")
# 我老公巴特尔, 经营者尕藏卓玛: sounds of other languages, where a name has to stand.
KIN = r"(?:我|他|她|的)?(?:老公|老婆|爱人|丈夫|妻子|女儿|儿子|闺女|孩子|宝宝|娃|小朋友|同学|朋友|室友|同事|妈妈?|爸爸?|爷爷|奶奶|外婆|外公|哥哥?|姐姐?|弟弟?|妹妹?)"
FOREIGN = re.compile(
    rf"(?:{KIN}|我叫|我是|联系人|收件人|经营者|户主|监护人|患者|病人|老师[,,]|(?<![\u4e00-\u9fff]))([{SOUNDS}卓玛央宗旺措顿珠才让尼次仁多吉尕藏桑格特尔娜木]{{2,5}})(?=[^\u4e00-\u9fff]|$|[的不想要在说已今明])"
)
FOREIGN_SURE = re.compile(
    r"卓玛|央[宗金]|旺[姆堆杰]|措|顿珠|才[让旦]|尼玛|次仁|多吉|扎西|古丽|买买提|拉[姆木]|巴特尔|娜尔|其其格|阿依|木尔|提江"
)
# 我的 son 浩然, roommate 佳怡, 我朋友大鹏想: a given name alone.
GIVEN_ALONE = re.compile(
    rf"(?:{KIN}|(?i:\b(?:son|daughter|kid|baby|roommate|friend|husband|wife|brother|sister))[ ]|孩子出生证名字打错了,应该是)[\"“]?([{GIVEN_LETTERS}墨宸鹏浩沐佳怡]{{2}})(?=[^\u4e00-\u9fff]|$|[的想要在说今明不发有])"
)
# 鄢小霞, 许若兰本人, 谢谢小滕敬上, 门卫老柯处, 管理員何生, 物业冯姐
WHOLE = re.compile(
    rf"(?<![\u4e00-\u9fff])({FAMILY}小[{GIVEN_LETTERS}霞])(?![\u4e00-\u9fff])|({FAMILY}[\u4e00-\u9fff]{{1,2}})(?=本人|亲启|敬上|拜托|手机)|([小老阿][\u4e00-\u9fff])(?=敬上|上$|处[,。”\"]|留[。!]?$)"
    rf"|(?:员|員|保安|門衛|门卫)({WIDE})(?=生)|(?:物业|前台|保安|门卫|楼长|店长|房东|中介|客服|管家|护士|楼上|楼下|隔壁)(?:的)?({WIDE})(?=姐|哥|叔|姨|师傅|总|经理|小姐|先生|阿姨|大爷|大妈)|签名用\s?({FAMILY}[\u4e00-\u9fff]{{1,2}})(?![\u4e00-\u9fff])"
)
FLOOR = re.compile(r"(?<=[楼樓室号號座])(阿[\u4e00-\u9fff])(?=[^\u4e00-\u9fff]|$|[的在说要想])")


class MixedNames(Recognizer):
    """Names that neither the Chinese nor the English rules expect."""

    TYPES = ("PERSON",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if not CHINESE.search(text):
            return
        for pattern in (AFTER_ROLE, WRITTEN):
            for match in pattern.finditer(text):
                start, end = _name(text, *match.span(1))
                if end > start and near(text, start, end, CHINESE):
                    yield Entity("PERSON", start, end, 0.7)
        for match in TITLED.finditer(text):
            if not all(known(word) for word in match.group(1).split()):
                yield Entity("PERSON", match.start(1), match.end(1), 0.75)
        for match in BOTH.finditer(text):
            first = match.group(1).split()[0]
            if not (known(first) or stops(first)):
                yield Entity("PERSON", match.start(1), match.end(1), 0.75)
        for match in NICKED.finditer(text):
            if match.group(1)[0] == "阿" or is_given(match.group(1)[1:]):
                yield Entity("PERSON", match.start(1), match.end(1), 0.75)
        for match in FOREIGN.finditer(text):
            name = match.group(1)
            kin = match.start(1) > match.start()
            if FOREIGN_SURE.search(name) and (kin or len(name) > 2) and not named_thing(name):
                yield Entity("PERSON", match.start(1), match.end(1), 0.7)
        for pattern in (GIVEN_ALONE, WHOLE, FLOOR):
            for match in pattern.finditer(text):
                start, end = match.span(match.lastindex or 1)
                name = text[start:end]
                if not (NOT_NAMES.match(name) or NO_NICK.match(name) or named_thing(name)):
                    yield Entity("PERSON", start, end, 0.7)


def _name(text: str, start: int, end: int) -> tuple[int, int]:
    """The words from the first as far as they may be a name."""
    kept = start
    for word in re.finditer(r"\S+", text[start:end]):
        bare = word.group()
        if known(bare) or stops(bare) or (common(bare) and not (kept > start or is_given(bare))):
            break
        kept = start + word.end()
    return start, kept
