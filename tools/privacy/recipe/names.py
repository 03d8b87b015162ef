"""Names of people, places and firms from all over the world, drawn at random to train on.

They come from faker's lists (MIT) of many countries, in Latin letters; a quarter is made up letter by letter
after their manner (a Markov chain), so that a model learns what names look like and not a list. Every tenth
name is held out.
"""

import random
import zlib
from functools import cache
from typing import Any

from tools.privacy.recipe.listed import listed

PEOPLE = listed("""
en_US en_US en_US en_US en_GB en_GB en_GB en_IE en_IN en_IN en_KE en_NG en_PK cs_CZ da_DK de_AT de_CH de_DE
de_DE es_AR es_CO es_ES es_MX et_EE fi_FI fr_CA fr_FR fr_FR ga_IE ha_NG hr_HR hu_HU id_ID ig_NG is_IS it_IT
lt_LT lv_LV nl_BE nl_NL no_NO pl_PL pt_BR pt_PT ro_RO sk_SK sl_SI sv_SE tr_TR tw_GH vi_VN yo_NG zu_ZA az_AZ
ru_RU uk_UA bg_BG el_GR ja_JP
""")
TOWNS = listed("""
en_US en_US en_GB en_GB en_AU en_CA en_IE en_IN en_NZ cs_CZ da_DK de_AT de_CH de_DE es_AR es_ES es_MX fi_FI
fr_CA fr_FR hr_HR hu_HU id_ID it_IT nl_BE nl_NL no_NO pl_PL pt_BR pt_PT ro_RO sk_SK sl_SI sv_SE vi_VN ru_RU
uk_UA el_GR
""")
FIRMS = listed("""
en_US en_US cs_CZ da_DK de_DE es_ES es_MX fi_FI fr_FR hr_HR hu_HU it_IT nl_NL no_NO pl_PL pt_BR ro_RO sv_SE
tr_TR
""")
# Names that faker does not have in Latin letters.
EAST_GIVEN = listed("""
Wei Fang Xiuying Na Min Jing Li Qiang Lei Yang Jun Yong Jie Juan Tao Ming Chao Xia Ping Gang Haoran Yuxuan Zihan
Xinyi Zixuan Yifan Bowen Jiayi Mengqi Siyu Xiaoming Xiaohong Jisoo Minjun Seoyeon Jihoon Hyunwoo Eunji Dohyun
Jiwoo Soobin Sangwoo Mohammed Ahmed Yusuf Omar Khalid Hassan Fatima Aisha Layla Zainab Nour Tariq Bilal Samir
Rania Huda Yasmin Ibrahim Mustafa Karim Reza Shirin Dariush Parisa Nasrin Bekzat Aslan Zelimkhan Ramzan Madina
Amina Magomed Timur Gulnara Aigerim Nguyet Somchai Siti Putri Kwame Chidi Ngozi Thandiwe Sipho Tendai Farai
Abebe Selam Hiwot
""")
EAST_FAMILY = listed("""
Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Song Tang
Feng Deng Cao Peng Zeng Xiao Tian Dong Pan Yuan Cai Jiang Yu Du Ye Cheng Wei Su Lu Ding Ren Shen Yao Kim Lee
Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Al-Farsi Al-Hassan Haddad Khoury Mansour
Nasser Rahman Siddiqui Hosseini Karimi Tehrani Rostami Bekmukhamedov Kadyrov Dzhabrailov Akhmetov Mensah Okonkwo
Adeyemi Ndlovu Moyo Banda Tadesse Bekele Suharto Wijaya Santos Reyes Cruz Bautista
""")
CYRILLIC = dict(
    zip(
        "абвгґдеёєжзиіїйклмнопрстуфхцчшщъыьэюя",
        "a b v g g d e e ye zh z i i yi y k l m n o p r s t u f kh ts ch sh shch . y . e yu ya".replace(
            ".", "'"
        ).split(),
        strict=True,
    )
)
GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",
        [
            "a",
            "v",
            "g",
            "d",
            "e",
            "z",
            "i",
            "th",
            "i",
            "k",
            "l",
            "m",
            "n",
            "x",
            "o",
            "p",
            "r",
            "s",
            "s",
            "t",
            "y",
            "f",
            "ch",
            "ps",
            "o",
            "a",
            "e",
            "i",
            "i",
            "o",
            "y",
            "o",
            "i",
            "y",
            "i",
            "y",
        ],
        strict=True,
    )
)


class Names:
    """Draws names.

    Args:
        seed: of the draws.
        held: draw the held-out tenth instead of the rest.
    """

    def __init__(self, seed: int, held: bool = False):
        self.dice = random.Random(seed)
        self._held = held

    def given(self) -> str:
        """A given name."""
        if self.dice.random() < 0.12:
            return self._pick(EAST_GIVEN)
        if self.dice.random() < 0.15:
            return self._made_up("given")
        return self._kept(lambda: _given(_faker(self.dice.choice(PEOPLE), self.dice)))

    def family(self) -> str:
        """A family name."""
        if self.dice.random() < 0.12:
            return self._pick(EAST_FAMILY)
        if self.dice.random() < 0.25:
            return self._made_up("family")
        name = self._kept(lambda: _family(_faker(self.dice.choice(PEOPLE), self.dice)))
        return f"{name}-{self.family()}" if self.dice.random() < 0.02 else name

    def both(self) -> tuple[str, str]:
        """Given and family name of one country, mostly."""
        if self.dice.random() < 0.3:
            return self.given(), self.family()
        fake = _faker(self.dice.choice(PEOPLE), self.dice)
        return self._kept(lambda: _given(fake)), self._kept(lambda: _family(fake))

    def town(self) -> str:
        """A town or village."""
        if self.dice.random() < 0.2:
            return self._made_up("town")
        return self._kept(lambda: latin(_faker(self.dice.choice(TOWNS), self.dice).city()))

    def country(self) -> str:
        """A country, in English."""
        return _faker("en_US", self.dice).country()

    def firm(self) -> str:
        """A firm from faker's lists."""
        return latin(_faker(self.dice.choice(FIRMS), self.dice).company())

    def job(self) -> str:
        """What somebody does for a living."""
        words = _faker("en_US", self.dice).job()
        if ", " in words:
            kind, _, of = words.partition(", ")
            words = f"{of} {kind}" if self.dice.random() < 0.7 else kind
        return words.lower() if self.dice.random() < 0.4 else words.capitalize()

    def place(self) -> Any:
        """A faker of a land whose addresses are written in Latin letters, for the parts of an address."""
        return _faker(self.dice.choice(TOWNS), self.dice)

    def word(self) -> str:
        """A made-up word, as firms are named."""
        return self._made_up("town").replace(" ", "")

    def _pick(self, names: list[str]) -> str:
        return self._kept(lambda: self.dice.choice(names))

    def _kept(self, draw: Any) -> str:
        for _ in range(40):
            name = draw()
            if (zlib.crc32(name.encode()) % 10 == 0) is self._held:
                return name
        return name

    def _made_up(self, kind: str) -> str:
        return self._kept(lambda: _chain(kind).draw(self.dice))


class _Chain:
    """A Markov chain of the third order over letters."""

    def __init__(self, names: list[str]):
        self.next: dict[str, list[str]] = {}
        for name in names:
            padded = "^^^" + name.lower() + "$"
            for at in range(3, len(padded)):
                self.next.setdefault(padded[at - 3 : at], []).append(padded[at])

    def draw(self, dice: random.Random) -> str:
        """A word of 4 to 14 letters."""
        while True:
            word = "^^^"
            while len(word) < 18 and not word.endswith("$"):
                word += dice.choice(self.next[word[-3:]])
            word = word[3:-1]
            if 4 <= len(word) <= 14 and word.isalpha():
                return word[0].upper() + word[1:]


def _given(fake: Any) -> str:
    romanized = getattr(fake, "first_romanized_name", None)
    return (romanized or (lambda: latin(fake.first_name())))()


def _family(fake: Any) -> str:
    romanized = getattr(fake, "last_romanized_name", None)
    return (romanized or (lambda: latin(fake.last_name())))()


@cache
def _chain(kind: str) -> _Chain:
    dice = random.Random(7)
    locales = sorted(set(TOWNS if kind == "town" else PEOPLE))
    draw = {"given": _given, "family": _family, "town": lambda fake: latin(fake.city())}[kind]
    return _Chain(
        [
            word
            for locale in locales
            for _ in range(150)
            for word in draw(_faker(locale, dice)).split()
            if word.isalpha()
        ]
    )


@cache
def _known(locale: str) -> Any:
    from faker import Faker

    return Faker(locale, use_weighting=False)


def _faker(locale: str, dice: random.Random) -> Any:
    fake = _known(locale)
    fake.factories[0].random = dice
    return fake


def latin(name: str) -> str:
    """A name in Latin letters where it was in Cyrillic or Greek ones; others stay."""
    if not any("Ͱ" <= letter <= "ԯ" for letter in name):
        return name
    spelt = "".join(
        CYRILLIC.get(letter.lower(), GREEK.get(letter.lower(), letter)).replace("'", "")
        if "Ͱ" <= letter <= "ԯ"
        else letter
        for letter in name.lower()
    )
    return spelt.title()
