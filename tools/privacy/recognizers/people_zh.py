"""Names of people in Chinese texts: a family name after or before words that announce one."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recipe.chinese import COMPOUND
from tools.privacy.recipe.chinese import FAMILY as FAMILIES
from tools.privacy.recipe.chinese import GIVEN as GIVEN_LETTERS
from tools.privacy.recognizer import Recognizer

RARE = "裘薄亓仝阚奚晁隗蔺郗鄢綦逯尧"
FAMILY = f"(?:{'|'.join(COMPOUND)}|[{FAMILIES}{RARE}])"
GIVEN = r"[\u4e00-\u9fff]{1,2}"
NO_GIVEN = "(?![的了是在和与及或不有这那您你我他她们个上下前后里请想要问能可会])"
STOP = r"(?=$|[^\u4e00-\u9fff]|[的了是在和与及或住电手邮身,今来自于,从给说先女老同经总登态反投称表已没未昨今明刚打发买退申叫要想让把被因于预请]|联系|购买|订购|银行|收)"
ANNOUNCED = re.compile(
    r"(?:我叫|名叫|[妈爸爷奶姐哥弟妹子女]叫|叫|客服|同事|朋友|老公|老婆|丈夫|妻子|太太|女儿|儿子|负责人|对接人|店员|司机|骑手|快递员|经理|名字叫|名字是|姓名(?:是|为)?|我的名字是|叫做|联系人|收件人|收货人|寄件人|持卡人|开户名|户名|客户|用户|患者|病人|员工|申请人|经办人|本人|联络人|法人|签名|署名|"
    r"车主|户主|店主|失主|货主|会员|学生|学员|考生|租客|房东|业主|乘客|旅客|孕妇|家属|家长|嘉宾|老板|护士|医生|孩子|宝宝|男友|女友|男朋友|女朋友|室友|邻居|买家|卖家|预约人|投保人|被保人|"
    r"监护人|证人|授权|委托|[我他她你](?:妈|爸|爷爷|奶奶|外婆|外公|姐|哥|弟|妹|叔|姨|舅))"
    rf"[\"'”]?[::\s]{{0,3}}[\"'“]?({FAMILY}{NO_GIVEN}{GIVEN}?){STOP}"
)
SAID_I_AM = re.compile(
    rf"(?:我是|这是|找|联系|通知|转告|告诉)({FAMILY}{NO_GIVEN}[\u4e00-\u9fff]{{1,2}})(?=$|[^\u4e00-\u9fff]|[,的在来住电手])"
)
ADDRESSED = re.compile(
    rf"({FAMILY}{NO_GIVEN}(?:{GIVEN})??(?:先生|女士|小姐|太太|老师|经理|总监|医生|大夫|教授|同学|师傅|主任|律师|阿姨|叔叔|护士|警官|局长|院长|校长|老板|店长|会计))"
)
# "小李" and the like, where they are spoken to or of; only the most frequent family names, for "小米" is a firm.
NICK = re.compile(
    r"(?:(?<![\u4e00-\u9fff])|(?<=[让给跟和找问叫请由被向对]))([小老阿][王李张刘陈杨赵吴周徐孙朱胡郭林罗郑梁谢宋唐许韩冯邓曹彭曾董袁潘蒋蔡余杜叶苏魏吕丁任沈姚卢姜崔钟谭陆汪廖贾韦傅邹孟熊秦邱侯黎])(?=[\s,:!?、]|[说别不去来把也都会要帮发在]|那边|你好|$)"
)
# A whole name by itself: given names are made of some hundred characters.
ISOLATED = re.compile(
    rf"(?<![\u4e00-\u9fff])({FAMILY}[{GIVEN_LETTERS}]{{2}})(?=$|[^\u4e00-\u9fff]|先生|女士|同学|老师)"
)
NAME = re.compile(rf"(?:{FAMILY}|[小老阿])[\u4e00-\u9fff]{{1,3}}")
NOT_NAMES = re.compile(
    r"^(?:管[理道]|辛[苦勤]|解[决释]|包[装邮裹]|白[色天云酒]|黄[色山]|金[色属融卡额牌鱼]|石[头榴材]|马[克桶路]|牛[奶肉]|米[饭线]|花[园费呗]|成[本都员]|时[间候长代常]|高[峰铁速]|连[接衣]|全[部国场新]|路[上线]|应[该用]|车[主票]|项[目链]|司机|海[洋外运报]|游[戏客]|师傅|商[品家店务]|简[单介历]|明[天白细]|周[几年边]|龙[井虾]|温[馨水]|平[时均板]|毕业|查[询看]|支[付持]|任务|文[字章]|卫[生]|古典|充[值电]|满[意减]|毛[巾衣]|车[牌费]|强[烈制]|双十|史上|向您|向你|武[术器]|严[重格]|汤[圆锅]|康复|施工|钱[不没]|万[元能]|费[用率]|空|储|顺丰|申[请通]|元[素旦]|高级|高兴|任何|马上|方便|安全|成功|文件|文本|文档|包括|单个|金额|路由|易用|向量|关于|万一|平台|黄金|白金|钱包|石油|江苏|安装|金牌|程序|龙头|于是|余额|周[一二三四五六日末]|季度|单[号价据]|关键|关[闭注]|温度|安[排卓]|江南|何时|左右|方[式法案]|常[见用温]|冷[藏冻]|石英|高[德跟]|王府|平安|海底|华[为丽]|李宁|老[师板人家款实]|小[米时姐区])"
)


def chinese_name(span: str) -> bool:
    """May what the model takes for a name be one: a family name (or 小, 老, 阿) and up to three characters?"""
    return bool(NAME.fullmatch(span)) and not NOT_NAMES.match(span)


class ChinesePeople(Recognizer):
    """Chinese names."""

    TYPES = ("PERSON",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for pattern, score in (
            (ANNOUNCED, 0.9),
            (SAID_I_AM, 0.8),
            (ADDRESSED, 0.8),
            (NICK, 0.7),
            (ISOLATED, 0.7),
        ):
            for match in pattern.finditer(text):
                if not NOT_NAMES.match(match.group(1)):
                    yield Entity("PERSON", match.start(1), match.end(1), score)
