"""Bytes to text, whatever encoding they came in."""

import codecs
from collections.abc import Collection

from knowledge.errors import SourceError
from knowledge.words import has_cjk

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# The commonest characters of what is written in an encoding: simplified and traditional Chinese, Japanese, Korean.
_JAPANESE = frozenset(map(chr, range(0x3041, 0x3097)))
_COMMON = {
    "gb18030": frozenset(
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方"
        "多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日月元请客服务内工"
    ),
    "big5": frozenset(
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方"
        "多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日月元請客服務內工"
    ),
    "shift_jis": _JAPANESE,
    "euc_jp": _JAPANESE,
    "euc_kr": frozenset(
        "이다는에의을가고하지사한로서도를은인어기자나리아그시해수대있정일보제부것들과으라니전면만습여주게"
    ),
}
_MAGIC = (
    (b"\x89PNG", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"GIF8", "a GIF image"), (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive"), (b"\x1f\x8b", "a gzip archive"), (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"), (b"\xd0\xcf\x11\xe0", "an old Office document"), (b"SQLite format 3", "a database"),
)  # fmt: skip


def looks_like(raw: bytes) -> str:
    """What the first bytes say the file is, for example ``a PNG image``; empty where they say nothing."""
    return next((what for start, what in _MAGIC if raw.startswith(start)), "")


def decode(raw: bytes) -> str:
    """Text of unknown encoding: UTF-8, UTF-16, GB18030, Big5, Shift-JIS, EUC-JP, EUC-KR, Windows-1252 and what
    charset-normalizer knows.

    Raises:
        SourceError: the bytes are no text.
    """
    if what := looks_like(raw):
        raise SourceError(f"It holds {what}, not text.", "Give it the right file name ending.")
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return raw.decode(encoding, errors="replace")
    if raw.count(b"\0", 0, 4096) > 0:
        raise SourceError("It holds binary data, not text.", "Save it as UTF-8 text.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _guess(raw)


def _strict(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _eastern(text: str) -> bool:
    return sum(map(has_cjk, text)) > 0.15 * len(text)


def _familiar(text: str, common: Collection[str]) -> float:
    """The share of an encoding's commonest characters; read in a wrong one they are as rare as any."""
    letters = [each for each in text if has_cjk(each)]
    return sum(map(common.__contains__, letters)) / max(len(letters), 1)


def whole(text: str) -> str:
    """A text that can be stored: halves of characters (``\\ud800``) joined, or replaced where they stand alone."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _guess(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    readings = [
        (_familiar(text, common), text)
        for encoding, common in _COMMON.items()
        if (text := _strict(raw, encoding)) and _eastern(text)
    ]
    if readings:
        return max(readings, key=lambda each: each[0])[1]  # of several the first: most are Chinese
    best = from_bytes(
        raw[:200_000], cp_isolation=["cp1252", "latin_1", "big5", "shift_jis", "euc_kr", "cp1251"]
    ).best()
    return raw.decode(best.encoding if best else "cp1252", errors="replace")
