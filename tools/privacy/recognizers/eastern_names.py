"""Names of China, Korea and Vietnam in Latin letters: two given syllables with a hyphen, or a middle name of theirs."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer
from tools.privacy.recognizers.belief import about_somebody
from tools.privacy.recognizers.people import known, stops

SYLLABLES = r"[A-Z][a-z]{1,5}-[A-Za-z][a-z]{1,5}"
EASTERN = (
    r"(?:Chen|Chan|Wang|Wong|Li|Lee|Lin|Lim|Liu|Lau|Huang|Hwang|Chang|Cheung|Cheng|Zhang|Zhao|Zhou|Chou|Wu|Ng|Xu|Hsu|Sun|Suen|Zhu|Chu|Hu|Gao|Kao|He|Ho|Ma|Luo|Lo|Liang|Leung|Song|Sung|Zheng|Xie|Hsieh|Han|Tang|"
    r"Feng|Fung|Yu|Yue|Dong|Tung|Xiao|Hsiao|Cao|Tsao|Pan|Poon|Yuan|Yuen|Cai|Tsai|Choi|Jiang|Chiang|Ye|Yeh|Yip|Wei|Su|So|Lu|Ding|Ren|Shen|Yao|Yiu|Kim|Park|Pak|Jung|Jeong|Kang|Cho|Yoon|Yun|Shin|Seo|Kwon|Hong|Moon|Bae|Baek|Nguyen|Tran|Pham|Tan|Ong|Goh|Teo|Koh|Yang|Yeung)"
)
WORDLIKE = {
    "Park",
    "Song",
    "Sun",
    "Moon",
    "He",
    "So",
    "Pan",
    "Tan",
    "Ding",
    "Ho",
    "Lo",
    "Shin",
    "Hong",
    "Bae",
}
EAST = re.compile(rf"(?<![\w@./-])({SYLLABLES}[ ]{EASTERN}|{EASTERN},?[ ]{SYLLABLES})(?![\w@]|[.-]\w)")


# Families and middle names of Vietnam, without their marks.
VIETNAMESE = re.compile(
    r"Nguyen|Tran|Le|Pham|Huynh|Hoang|Phan|Vu|Vo|Dang|Bui|Do|Ho|Ngo|Duong|Ly|Dinh|Truong|Trinh|Luong"
)
SHORT = {"Do", "Ho", "Le", "Vo", "Ly"}  # without marks, also words of other languages: Do Van Rentals Apply?
MIDDLE = re.compile(
    r"Van|Thi|Huu|Duc|Ngoc|Minh|Thanh|Quoc|Xuan|Hoang|Quang|Dinh|Kim|Thu|Thuy|Bao|Gia|Hai|Khanh|Phuong|Tuan|Viet"
)
SOUTH = re.compile(
    r"(?<![\w@./-])([A-ZĐ][^\W\d_]{1,6})[ ]([A-ZĐ][^\W\d_]{1,6})(?:[ ][A-ZĐ][^\W\d_]{0,6}){1,2}(?![\w@]|[.-]\w)"
)


class EasternNames(Recognizer):
    """ "Mei-Ling Chen", "Park Sung-ho", "Nguyễn Văn An"."""

    TYPES = ("PERSON",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for match in SOUTH.finditer(text):
            foreign = match.group(1) in SHORT and match.group().isascii()
            if foreign and not about_somebody(text, match.start()):
                continue
            if VIETNAMESE.fullmatch(unmarked(match.group(1))) and MIDDLE.fullmatch(unmarked(match.group(2))):
                yield Entity("PERSON", match.start(), match.end(), 0.9)
        for match in EAST.finditer(text) if "-" in text else ():
            words = re.findall(r"[^\W\d_]+", match.group())
            doubtful = WORDLIKE.intersection(words) and not about_somebody(text, match.start())
            if not (doubtful or any(known(word) or stops(word) for word in words)):
                yield Entity("PERSON", match.start(), match.end(), 0.75)


def unmarked(word: str) -> str:
    """A word without the marks on its letters: "Nguyễn" is "Nguyen"."""
    letters = unicodedata.normalize("NFD", word.replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
