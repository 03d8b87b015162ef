"""Names of people in Chinese texts: a family name after or before words that announce one."""

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer

FAMILY = (
    "(?:欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|端木|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊"
    "秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳])"
)
GIVEN = r"[\u4e00-\u9fff]{1,2}"
NO_GIVEN = "(?![的了是在和与及或不有这那您你我他她们个上下前后里请想要问能可会])"
STOP = (
    r"(?=$|[^\u4e00-\u9fff]|[的了是在和与及或住电手邮身,今来自于,从给说先女老同经总]|联系|购买|订购|银行|收)"
)
ANNOUNCED = re.compile(
    r"(?:我叫|名叫|名字叫|名字是|姓名(?:是|为)?|我的名字是|叫做|联系人|收件人|收货人|寄件人|持卡人|开户名|户名|客户|用户|患者|病人|员工|申请人|经办人|本人|联络人|法人|签名|署名)"
    rf"[::\s]{{0,3}}({FAMILY}{NO_GIVEN}{GIVEN}?){STOP}"
)
SAID_I_AM = re.compile(
    rf"(?:我是|这是|找|联系|通知|转告|告诉)({FAMILY}{NO_GIVEN}[\u4e00-\u9fff]{{1,2}})(?=$|[^\u4e00-\u9fff]|[,的在来住电手])"
)
ADDRESSED = re.compile(
    rf"({FAMILY}{NO_GIVEN}(?:{GIVEN})?)(?=先生|女士|小姐|老师|经理|总监|医生|教授|同学|师傅|主任|律师)"
)
NOT_NAMES = re.compile(
    r"^(?:高级|高兴|任何|马上|方便|安全|成功|文件|文本|文档|包括|单个|金额|路由|易用|向量|关于|万一|平台|黄金|白金|钱包|石油|江苏|安装|金牌|程序|龙头|于是|余额|周[一二三四五六日末]|季度|单[号价据]|关键|关[闭注]|温度|安[排卓]|江南|何时|左右|方[式法案]|常[见用])"
)


class ChinesePeople(Recognizer):
    """Chinese names."""

    TYPES = ("PERSON",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for pattern, score in ((ANNOUNCED, 0.9), (SAID_I_AM, 0.8), (ADDRESSED, 0.8)):
            for match in pattern.finditer(text):
                if not NOT_NAMES.match(match.group(1)):
                    yield Entity("PERSON", match.start(1), match.end(1), score)
