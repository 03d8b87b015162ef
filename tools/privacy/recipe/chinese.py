"""Chinese names of people, places and firms, put together at random to train on."""

import random

from tools.privacy.recipe.listed import listed

FAMILY = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊"
    "秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
)
COMPOUND = listed("""
欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 端木 独孤 南宫
""")
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅志建国文辉力永健世广义兴良海山仁波宁贵福生龙元全胜学祥才发武新利清飞彬富顺信子昌成康星光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆民友裕河哲江浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士以家致树炎德行时泰盛雄琛钧冠策腾楠榕风航弘"
    "琴云瑞凡佳嘉琼勤珍贞莉琳素青倩婷姣婉娴瑾颖露瑶怡婵雁蓓纨仪荷丹蓉眉君蕊薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希宁欣飘育滢馥筠柔竹霭凝晓欢霄枫芸菲寒伊亚宜可姬舒影荔枝思丽雨轩宇一诺梓涵皓然雅琪语桐沐俊熙紫依恩奕乔睿若曦昊天"
)
PROVINCES = listed("""
河北省 山西省 辽宁省 吉林省 黑龙江省 江苏省 浙江省 安徽省 福建省 江西省 山东省 河南省 湖北省
湖南省 广东省 海南省 四川省 贵州省 云南省 陕西省 甘肃省 青海省 内蒙古自治区 广西壮族自治区
新疆维吾尔自治区
""")
CITIES = listed("""
北京 上海 天津 重庆 广州 深圳 杭州 南京 苏州 武汉 成都 西安 长沙 青岛 大连 厦门 宁波 无锡
合肥 福州 济南 郑州 沈阳 哈尔滨 长春 石家庄 太原 南昌 南宁 昆明 贵阳 兰州 海口 银川 西宁
乌鲁木齐 呼和浩特 拉萨 东莞 佛山 珠海 中山 惠州 汕头 温州 嘉兴 绍兴 金华 台州 常州 南通 徐州
扬州 镇江 盐城 烟台 潍坊 临沂 洛阳 开封 宜昌 襄阳 岳阳 株洲 绵阳 德阳 泉州 漳州 桂林 柳州
遵义 大理 唐山 保定 邯郸 包头 大同 鞍山 吉林 赣州 九江 芜湖 蚌埠 三亚 咸阳 宝鸡
""")
DISTRICTS = listed("""
朝阳 海淀 东城 西城 丰台 浦东新 徐汇 静安 黄浦 长宁 虹口 闵行 天河 越秀 海珠 白云 福田 南山
罗湖 宝安 龙岗 西湖 滨江 上城 余杭 玄武 鼓楼 江宁 建邺 吴中 姑苏 江汉 洪山 武昌 锦江 青羊
武侯 雁塔 碑林 未央 岳麓 芙蓉 市南 崂山 中山 沙河口 思明 湖里 鄞州 海曙 滨湖 蜀山 包河 历下
金水 二七 和平 铁西 南岗 渝中 江北 南岸 渝北
""")
ROADS = listed("""
中山 人民 解放 建设 文化 和平 光明 新华 长江 黄河 北京 南京 淮海 延安 复兴 建国门外 学院 科技
科苑 软件园 创业 天目山 文三 文一西 钱江 深南 滨海 滨河 环城北 江南 湖滨 花园 桃园 梅园 翠竹
春风 幸福 友谊 胜利 五四 八一 迎宾 机场 高新 工业 商城 体育 体育西 龙腾 凤凰 金鸡湖 星湖 锦绣
芳草 玉兰 樱花
""")
ESTATES = listed("""
阳光花园 金色家园 翠湖小区 锦绣华庭 幸福里 东方明珠 绿地中心 万科城 保利花园 恒大名都 龙湖天街
创新大厦 科技大厦 国际中心 软件大厦
""")
FIRM = listed("""
华 中 天 金 恒 信 达 鑫 盛 宏 博 远 联 通 创 新 智 云 海 龙 瑞 康 美 佳 百 众 星 优
启 锐 凯 迪 思 源 汇 泰 安 华
""")
TRADE = listed("""
科技 网络 信息技术 贸易 电子商务 物流 餐饮管理 文化传媒 建筑工程 医药 教育咨询 软件 投资 食品
服饰 汽车销售 房地产 广告
""")
ABROAD = listed("""
日本 韩国 美国 英国 德国 法国 新加坡 加拿大 澳大利亚 泰国 马来西亚 香港 台湾 澳门 东京 首尔
纽约 伦敦 巴黎 柏林
""")


def family(dice: random.Random) -> str:
    """A family name; the frequent ones stand first."""
    if dice.random() < 0.03:
        return dice.choice(COMPOUND)
    return FAMILY[min(int(dice.expovariate(1 / 60)), len(FAMILY) - 1)]


def person(dice: random.Random) -> str:
    """A full name of two to four characters."""
    return family(dice) + "".join(dice.choice(GIVEN) for _ in range(dice.choice((1, 2, 2, 2))))


def place(dice: random.Random) -> str:
    """A town, province, district or country."""
    city = dice.choice(CITIES)
    forms = (
        city,
        f"{city}市",
        dice.choice(PROVINCES),
        f"{city}市{dice.choice(DISTRICTS)}区",
        dice.choice(ABROAD),
    )
    return dice.choices(forms, (50, 20, 8, 12, 10))[0]


def address(dice: random.Random) -> str:
    """A postal address down to the house, in one line."""
    parts = [dice.choice(PROVINCES)] if dice.random() < 0.35 else []
    parts += [f"{dice.choice(CITIES)}市"] if dice.random() < 0.8 else []
    parts += [f"{dice.choice(DISTRICTS)}区"] if dice.random() < 0.8 else []
    number = dice.randint(1, 999)
    parts.append(
        f"{dice.choice(ROADS)}{dice.choice('路路路街道巷')}{number}{dice.choice(('号', '号', '弄', '号院'))}"
    )
    if dice.random() < 0.4:
        parts.append(dice.choice(ESTATES))
    if dice.random() < 0.6:
        floor, room = dice.randint(1, 30), dice.randint(1, 6)
        parts.append(
            dice.choice(
                (
                    f"{room}栋{floor}0{room}室",
                    f"{room}号楼{room}单元{floor}0{room}",
                    f"{floor}层",
                    f"{floor}0{room}室",
                    f"{room}幢{floor}0{room}",
                )
            )
        )
    return "".join(parts)


def firm(dice: random.Random) -> str:
    """A firm's registered or everyday name."""
    name = "".join(dice.choice(FIRM) for _ in range(2)) + dice.choice(TRADE)
    return dice.choice(
        (
            f"{dice.choice(CITIES)}{name}有限公司",
            f"{name}有限公司",
            f"{name}公司",
            f"{dice.choice(CITIES)}市{name}股份有限公司",
        )
    )
