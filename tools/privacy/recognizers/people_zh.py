"""Names of people in Chinese texts: a family name after or before words that announce one."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recipe.chinese import COMPOUND
from tools.privacy.recipe.chinese import FAMILY as FAMILIES
from tools.privacy.recipe.chinese import GIVEN as GIVEN_LETTERS
from tools.privacy.recipe.listed import listed
from tools.privacy.recognizer import Recognizer, chinese, near

RARE = "裘薄亓仝阚奚晁隗蔺郗鄢綦逯尧赖翁"
# Names that begin with these are believed only where something announces them.
RARER = "朴侬区权卞闻甫闵庹逄宣邸冼揭幸招谌练湛占帅阙粟郁鞠苍谈羊阴哈慎祖竺班昝钮匡檀佴迮乜"
DOUBLE = listed(
    "赫连 钟离 巫马 完颜 呼延 百里 东郭 南郭 西门 宇文 长孙 轩辕 鲜于 闾丘 太叔 申屠 公羊 澹台 公冶 宗政 濮阳 淳于 单于 仲孙 拓跋 "
    "夹谷 段干 漆雕 乐正 公良 左丘 梁丘 第五 万俟 闻人 东方 尉迟 司马 上官 欧阳 诸葛 皇甫 公孙 慕容 令狐 司徒 夏侯 端木 独孤 南宫 叶赫 那拉 爱新觉罗 张简 范姜"
)
FAMILY = f"(?:{'|'.join(dict.fromkeys([*DOUBLE, *COMPOUND]))}|[{FAMILIES}{RARE}])"
WIDE = f"(?:{'|'.join(DOUBLE)}|[{FAMILIES}{RARE}{RARER}])"
GIVEN = r"[\u4e00-\u9fff]{1,2}"
NO_GIVEN = "(?![的了是在和与及或不有这那您你我他她们个上下前后里请想要问能可会])"
STOP = r"(?=$|[^\u4e00-\u9fff]|[的了是在和与及或住电手邮身,今来自于,从给说先女老同经总登态反投称表已没未昨今明刚打发买退申叫要想让把被因于预请代预三二一发去来从]|联系|购买|订购|银行|收)"
ANNOUNCED = re.compile(
    r"(?:我叫|名叫|[妈爸爷奶姐哥弟妹子女]叫|叫|客服|同事|朋友|老公|老婆|丈夫|妻子|太太|女儿|儿子|负责人|对接人|店员|司机|骑手|快递员|经理|名字叫|名字是|姓名(?:是|为)?|我的名字是|叫做|联系人|收件人|收货人|寄件人|持卡人|开户名|户名|客户|用户|读者|逝者|亡者|死者|父亲|母亲|爸爸|妈妈|奶奶|爷爷|外婆|外公|外孙|外孙女|孙子|孙女|儿媳|女婿|岳父|岳母|婆婆|公公|哥哥|姐姐|弟弟|妹妹|伴侣|财务|会计|出纳|采购|行政|助理|秘书|主管|导师|教练|领队|班主任|中文名|英文名|曾用名|真名|本名|实名|法人代表|法定代表人|代表|代理人|领取人|取件人|签收人|投诉人|举报人|报案人|当事人|原告|被告|担保人|保证人|受益人|作者|讲师|主持人|选手|住户|租户|承租人|出租人|顾客|主人|领养人|捐赠人|收款人|付款人|汇款人|机主|号主|店长|保姆|月嫂|阿姨|保安|护工|患者|病人|员工|申请人|经办人|本人|联络人|法人|签名|署名|"
    r"车主|户主|店主|失主|货主|会员|学生|学员|考生|租客|房东|业主|乘客|旅客|孕妇|家属|家长|嘉宾|老板|护士|医生|孩子|宝宝|男友|女友|男朋友|女朋友|室友|邻居|买家|卖家|预约人|投保人|被保人|"
    r"监护人|证人|授权|委托|[我他她你](?:妈|爸|爷爷|奶奶|外婆|外公|姐|哥|弟|妹|叔|姨|舅))"
    rf"[\"'”]?[::\s]{{0,3}}[\"'“]?({WIDE}{NO_GIVEN}{GIVEN}?){STOP}"
)
# After what somebody is, a family name and two letters of given names are a name, whatever follows.
ROLE = (
    r"(?:爸爸?|妈妈?|父亲|母亲|爷爷|奶奶|外婆|外公|姥姥|姥爷|儿子|女儿|闺女|老公|老婆|爱人|丈夫|妻子|先生|太太|哥哥?|姐姐?|弟弟?|妹妹?|舅舅?|小姨|阿姨|叔叔?|姑姑?|岳父|岳母|婆婆|公公|孙子|孙女|侄子|侄女|前夫|前妻|大名|原来|"
    r"监护人|经营者|负责人|联系人|取车人|订房人|投诉人|经办人|处理人|会员名?|学生|患者|病人|户主|车主|业主|租客|房东|室友|同事|朋友|邻居|助理|司机|客户|户名|账户名|收款人|收件人|班|person|contact|name)"
)
TOLD = re.compile(
    rf"{ROLE}[::\s]{{0,2}}({FAMILY}(?:[{GIVEN_LETTERS}]{{2}}|[{GIVEN_LETTERS}](?=[^\u4e00-\u9fff]|$|[的是在和不已也就说来去有把被给要会住打]))|{FAMILY}[\u4e00-\u9fff]{{2}}(?=[^\u4e00-\u9fff]|$))"
)
# 张总, 冯姐, 丁教练: a family name and what people of a firm or a street are called.
CALLED = re.compile(
    rf"(?<![\u4e00-\u9fff])({FAMILY})(?=(?:总|姐|哥|叔|姨|婶|导|工|师傅|教练|法官|护士长|队长|站长|老板娘)(?:的|说|让|请|给|在|来|那|[^\u4e00-\u9fff]|$))"
    rf"|(?<=[的找问给跟和由让是])({FAMILY})(?=(?:总|姐|教练|师傅|法官)(?:的|说|让|请|给|在|来|离|那|[^\u4e00-\u9fff]|$))"
)
# "Mr. 潘".
TITLED_BOTH = re.compile(
    rf"\b(?:Mrs?|Ms|Dr|Miss|Prof)\b\.?[ ]?({WIDE}(?:[\u4e00-\u9fff]{{1,2}}(?![\u4e00-\u9fff]))?)"
)
# 保洁小刘, 隔壁老张家, 我是502的小邱, 前台小雅.
OF_HOUSE = re.compile(
    r"(?:租客|管理员|保洁|维修|对面|隔壁|楼上|楼下|前台|保安|物业|门卫|快递|外卖|中介|助理|同事|室友|客服|司机|管家|收银|代收点|朋友|邻居|护士|店员|月嫂|保姆|你们|\d的)的?([小老阿](?:[\u4e00-\u9fff]|[A-Z][a-z]+))(?=[看把说家给帮在来去验做让认每知打送收的欠天]|老师|[^\u4e00-\u9fff]|$)"
    r"|(?<![\u4e00-\u9fff])([小老阿](?:[\u4e00-\u9fff]|[A-Z][a-z]+))(?=老师|[ ]?(?:\+?\d|每次|认识|帮我|在家))"
)
DOUBLED = re.compile(
    r"(?:女儿|儿子|宝宝|孩子|闺女|娃|baby|狗狗的主人)(?:叫)?(([\u4e00-\u9fff])\2)(?=[^\u4e00-\u9fff]|$|[的今明在,是已快要不过去])"
)
# 取消孙一诺的课, 写成了金顺基.
OBJECT = re.compile(
    rf"(?<=[消给把让叫帮替问找和跟是为])({FAMILY}[{GIVEN_LETTERS}]{{2}})(?=的)|(?:打成了?|写成了?|改成)[\"“]?({FAMILY}[\u4e00-\u9fff]{{1,2}})(?=$|[^\u4e00-\u9fff])"
)
CALLED_THAT = re.compile(r"(?:那个|这个|有个|一个|客服|位|个)叫([\u4e00-\u9fff]{2,3}?)(?=的)")
SAID_I_AM = re.compile(
    rf"(?:我是|这是|找|联系|通知|转告|告诉)({FAMILY}{NO_GIVEN}[\u4e00-\u9fff]{{1,2}})(?=$|[^\u4e00-\u9fff]|[,的在来住电手])"
)
ADDRESSED = re.compile(
    rf"({FAMILY}{NO_GIVEN}(?:{GIVEN})??(?:先生|女士|小姐|太太|老师|经理|总监|医生|大夫|教授|同学|师傅|主任|律师|阿姨|叔叔|护士|警官|局长|院长|校长|老板|店长|会计))"
)
# "小李" and the like, where they are spoken to or of; only the most frequent family names, for "小米" is a firm.
NICK = re.compile(
    r"(?:(?<![\u4e00-\u9fff])|(?<=[让给跟和找问叫请由被向对])|(?<=老公|老婆|丈夫|妻子|爱人|朋友|同事|邻居|室友|房东))([小老阿][王李张刘陈杨赵吴周徐孙朱胡郭林罗郑梁谢宋唐许韩冯邓曹彭曾董袁潘蒋蔡余杜叶苏魏吕丁任沈姚卢姜崔钟谭陆汪廖贾韦傅邹孟熊秦邱侯黎])(?=[\s,:!?、]|[说别不去来把也都会要帮发在]|那边|你好|$)"
)
# A whole name by itself: given names are made of some hundred characters.
ISOLATED = re.compile(
    rf"(?<![\u4e00-\u9fff])({FAMILY}[{GIVEN_LETTERS}]{{2}})(?=$|[^\u4e00-\u9fff]|先生|女士|同学|老师)"
)
# The same with a family name of two letters and any given name, and where somebody is greeted.
LISTED = re.compile(
    r"(?<![\u4e00-\u9fff])((?:上官|欧阳|诸葛|慕容|令狐|司徒|司马|夏侯|皇甫|公孙|尉迟|端木|独孤|宇文|轩辕|呼延|东郭|南郭|澹台|淳于)[\u4e00-\u9fff]{1,2})(?![\u4e00-\u9fff])"
)
GREETED = re.compile(rf"(?<![\u4e00-\u9fff])({FAMILY}[{GIVEN_LETTERS}]{{1,2}})(?=[,,\s]?[你您]好)")
# Any name, also one without a family name, after what stands before nothing else.
LABELLED = re.compile(
    r"(?:我叫|名叫|名字叫|名字是|名字应该是|应该叫|姓名(?:是|为|应为|应该是)?|报修人|收件人|收货人|寄件人|联系人|联络人|被保人|投保人|受益人|持卡人|户名|开户名|逝者|死者|乘客|患者|病人|申请人|读者|司机|签名|署名|中文名|本人)"
    r"[::\s]{0,3}[\"“]?([\u4e00-\u9fff][\u4e00-\u9fff·•]{1,9})(?=[\"”]?(?:$|[\s,。!?;、,.()()]))"
)
NOT_SAID = re.compile(
    r"[的了是在不我你您他她它有没吗呢吧请要能会可怎么什哪谁这那错误改填写对号码信息电话址栏项空为何和与及或等需必已被把到还都就地]"
)
SURNAME = re.compile(rf"(?:姓|贵姓是?|免贵姓)(?:是)?[::\s]?({WIDE})(?=$|[^\u4e00-\u9fff]|[的,名电手住女男])")
KIN = r"(?:奶奶|爷爷|大爷|大妈|大叔|大娘|阿姨|叔叔|婆婆|公公|伯伯|先生|女士|小姐)"
OF_KIN = re.compile(rf"(?:帮|替|给|为|找|代|和|跟|陪|请|是|叫)([\u4e00-\u9fff·]{{2,6}}?){KIN}")
PARENT = re.compile(
    r"(?:班|我是|这里是)([\u4e00-\u9fff·]{2,6}?)的?(?:妈妈|爸爸|家长|母亲|父亲|爷爷|奶奶|监护人)"
)
NOBODY = re.compile(
    r"客服|班主|物业|隔壁|邻居|一位|这位|那位|几位|各位|语文|数学|英语|美术|音乐|体育|主治|值班|家庭|保洁|维修|快递|外卖|孩子|学生|同学|小朋友|楼上|楼下|老|我|你|他|她|的|们|位|某|个"
)
# Transliterated names: parts with a dot between, of the letters that are used to write foreign sounds.
SOUNDS = "阿艾安奥巴贝比彼波布查达黛戴丹德迪蒂丁东杜多恩尔法菲费弗夫福格根古哈海汉赫霍基吉加杰金卡凯科克肯库拉莱兰朗劳勒雷里利丽莉理林琳隆卢鲁伦罗洛马玛迈曼梅米莫姆穆纳娜内尼妮努诺帕佩皮普乔切琼热日瑞萨塞桑森沙莎什史斯苏索塔泰坦特提汀廷托瓦万维韦温文沃乌西希夏肖谢辛欣雅亚伊因英尤约泽扎兹佐合买木江依吐逊叶孜丽努尔不都西热提麦祖玉素甫古扎吾守斯坎沙力拜肉孜帕夏"
DOTTED = re.compile(rf"[{SOUNDS}]{{1,7}}(?:[·•][{SOUNDS}]{{1,8}}){{1,3}}")
# The last words of a text.
LAST = re.compile(rf"(?:[。!?.!?~]|谢谢[,。!]?)\s*({WIDE}[\u4e00-\u9fff]{{1,2}})[。.!]?\s*$")
DASHED = re.compile(r"(?:—+|--+|–)\s?([\u4e00-\u9fff·]{2,7})[。.!]?\s*(?:$|\n)")
PET = re.compile(r"(?<![\u4e00-\u9fff])(([\u4e00-\u9fff])\2|[小阿大][\u4e00-\u9fff])(?=\s?的名字)")
BROUGHT = re.compile(
    r"(?:叫|名字|姓名|教练|老师|伴侣|同事|朋友|partner|收件人|联系人|收货人|主人|太太|先生|老公|老婆|妻子|丈夫|女儿|儿子|妈妈|爸爸|室友|房东|司机|医生|护士|经理|店员|客服|user|name)(?:应该)?(?:是|叫|为|写成|=|:)?\s?((?-i:[A-Z][a-zÀ-ɏ'’-]+)(?:[ ](?-i:[A-Z][a-zÀ-ɏ'’-]+)){0,3})(?![\w@]|[.-]\w)",
    re.I,
)
LATIN_TITLED = re.compile(
    r"((?<![\w@./-])[A-Z][a-zÀ-ɏ'’-]+(?:[ ][A-Z][a-zÀ-ɏ'’-]+){0,3})[ ]?(?:先生|女士|小姐|老师|太太|医生|教授|经理|同学)"
)
NOT_ELSE = re.compile(
    r"(?:不是|而不是|改成|改为|写成了|写成|错成)\s?[\"'“]?([A-Z][a-zÀ-ɏ'’-]+(?:[ ][A-Z][a-zÀ-ɏ'’-]+){1,3})"
)
FIELD = re.compile(
    rf"(?i:user|name|customer|contact|owner)[\"']?[=:]\s?[\"']?({FAMILY}[\u4e00-\u9fff]{{1,2}})(?![\u4e00-\u9fff])"
)
NICKED = re.compile(
    r"(?:(?<![\u4e00-\u9fff])|(?<=[让给跟和找问叫请由被向对是主]))(阿[\u4e00-\u9fff]|小[\u4e00-\u9fff]|老[\u4e00-\u9fff])(?=那边|这边|说|讲|帮|来|去过|[,。]?\s*$)"
)
NO_NICK = re.compile(
    r"小[米时姐区程店票费学孩狗猫号心吃型组计数偷伙众于数写票朋便白红黑天布车数量额]|老[师板人家款实是年化公婆鼠虎店客旧百]|阿[姨胶里拉迪司莫富斯尔哥婆]"
)
AFTER_NAME = re.compile(
    r"$|[^\u4e00-\u9fff]|[的了是在和与及或住电手邮身今来自于从给说先女老同经总登态反投称表已没未昨明刚打发买退申叫要想让把被因预请代问答回拍写签寄取领上下做过也都还又就才可能会应该需带付收到去找同有不为]"
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAME = re.compile(rf"(?:{FAMILY}|[小老阿])[\u4e00-\u9fff]{{1,3}}")
NOT_NAMES = re.compile(
    r"^(?:谢[谢了啦]|管[理道]|辛[苦勤]|解[决释]|包[装邮裹]|白[色天云酒]|黄[色山]|金[色属融卡额牌鱼]|石[头榴材]|马[克桶路]|牛[奶肉]|米[饭线]|花[园费呗]|成[本都员]|时[间候长代常]|高[峰铁速]|连[接衣]|全[部国场新]|路[上线]|应[该用]|车[主票]|项[目链]|司机|海[洋外运报]|游[戏客]|师傅|商[品家店务]|简[单介历]|明[天白细]|周[几年边]|龙[井虾]|温[馨水]|平[时均板]|毕业|查[询看]|支[付持]|任务|文[字章]|卫[生]|古典|充[值电]|满[意减]|毛[巾衣]|车[牌费]|强[烈制]|双十|史上|向您|向你|武[术器]|严[重格]|汤[圆锅]|康复|施工|钱[不没]|万[元能]|费[用率]|空|储|顺丰|申[请通]|元[素旦]|高级|高兴|任何|马上|方便|安全|成功|文件|文本|文档|包括|单个|金额|路由|易用|向量|关于|万一|平台|黄金|白金|钱包|石油|江苏|安装|金牌|程序|龙头|于是|余额|周[一二三四五六日末]|季度|单[号价据]|关键|关[闭注]|温度|安[排卓]|江南|何时|左右|方[式法案]|常[见用温]|冷[藏冻]|石英|高[德跟]|王府|平安|海底|华[为丽]|李宁|老[师板人家款实]|小[米时姐区])"
)


def chinese_name(span: str) -> bool:
    """May what the model takes for a name be one: a family name (or 小, 老, 阿) and up to three characters?"""
    return bool(NAME.fullmatch(span)) and not NOT_NAMES.match(span) and not named_thing(span)


@cache
def _things() -> frozenset[str]:
    return frozenset((files("tools.privacy") / "named_things_zh.txt").read_text("utf-8").split())


def named_thing(span: str, after: str = "") -> bool:
    """Is it, or does it begin, what a thing is called?"""
    written = span + after
    return any(written[:length] in _things() for length in range(2, len(written) + 1)) and not (
        len(span) > 3 and span[:2] in DOUBLE
    )


def believed(text: str, start: int, end: int) -> bool:
    """Is what the model takes for a Chinese name one, by its form and by what follows it?

    Args:
        text: the whole text.
        start: where the name begins.
        end: where it ends.
    """
    if not chinese_name(text[start:end]) or named_thing(text[start:end], text[end : end + 2]):
        return False
    if _in_title(text, start):
        return False
    return bool(AFTER_NAME.match(text, end))


def _in_title(text: str, at: int) -> bool:
    """Does it stand in the title of a book or a film?"""
    return text.rfind("《", max(0, at - 60), at) > text.rfind("》", max(0, at - 60), at)


class ChinesePeople(Recognizer):
    """Chinese names."""

    TYPES = ("PERSON",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if not chinese(text):
            return
        for pattern, score in (
            (ANNOUNCED, 0.9),
            (SAID_I_AM, 0.8),
            (ADDRESSED, 0.8),
            (NICK, 0.7),
            (ISOLATED, 0.7),
            (LISTED, 0.7),
            (GREETED, 0.7),
            (TOLD, 0.75),
            (CALLED, 0.7),
            (TITLED_BOTH, 0.8),
            (OF_HOUSE, 0.7),
            (DOUBLED, 0.75),
            (CALLED_THAT, 0.7),
            (OBJECT, 0.7),
        ):
            for match in pattern.finditer(text):
                start, end = match.span(match.lastindex if match.lastindex and pattern is not DOUBLED else 1)
                name = text[start:end]
                known = named_thing(name) and not (name[:2] in DOUBLE and text[start - 1 : start] == ":")
                if not (NOT_NAMES.match(name) or NO_NICK.match(name) or known):
                    yield Entity("PERSON", start, end, score)
        yield from _without_family(text)


def _without_family(text: str) -> Iterator[Entity]:
    """Names that need no family name on the list, because of where they stand."""
    for pattern in (LABELLED, OF_KIN, PARENT, DASHED):
        for match in pattern.finditer(text):
            name = match.group(1)
            if not (
                NOT_SAID.search(name.replace("都", ""))
                or NOBODY.search(name)
                or NOT_NAMES.match(name)
                or named_thing(name)
            ):
                yield Entity("PERSON", match.start(1), match.end(1), 0.75)
    for pattern in (SURNAME, PET, FIELD, LAST):
        for match in pattern.finditer(text):
            if not (
                NOT_NAMES.match(match.group(1))
                or named_thing(match.group(1))
                or NOT_SAID.search(match.group(1))
            ):
                yield Entity("PERSON", match.start(1), match.end(1), 0.75)
    for match in NICKED.finditer(text):
        if not NO_NICK.match(match.group(1)) and not named_thing(match.group(1)):
            yield Entity("PERSON", match.start(1), match.end(1), 0.7)
    for match in DOTTED.finditer(text):
        if not _in_title(text, match.start()):
            yield Entity("PERSON", match.start(), match.end(), 0.75)
    for pattern in (BROUGHT, NOT_ELSE, LATIN_TITLED):
        for match in pattern.finditer(text):
            if near(text, *match.span(1), CHINESE):
                yield from _latin(text, *match.span(1))


def _latin(text: str, start: int, end: int) -> Iterator[Entity]:
    from tools.privacy.recognizers.belief import common, is_given, listed

    words = text[start:end].split()
    if not (common(words[0]) or words[0].casefold() in listed("not_names.txt")) or is_given(words[0]):
        yield Entity("PERSON", start, end, 0.7)
