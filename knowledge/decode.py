"""Bytes to text, whatever encoding they came in."""

import codecs

from knowledge.errors import SourceError

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MAGIC = (
    (b"\x89PNG", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"GIF8", "a GIF image"), (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive"), (b"\x1f\x8b", "a gzip archive"), (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"), (b"\xd0\xcf\x11\xe0", "an old Office document"), (b"SQLite format 3", "a database"),
)  # fmt: skip


def looks_like(raw: bytes) -> str:
    """What the first bytes say the file is, for example ``a PNG image``; empty where they say nothing."""
    return next((what for start, what in _MAGIC if raw.startswith(start)), "")


def decode(raw: bytes) -> str:
    """Text of unknown encoding: UTF-8, UTF-16, GB18030, Shift-JIS, Windows-1252 and what charset-normalizer knows.

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


def whole(text: str) -> str:
    """A text that can be stored: halves of characters (``\\ud800``) joined, or replaced where they stand alone."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _guess(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    try:
        chinese = raw.decode("gb18030")
    except UnicodeDecodeError:
        chinese = ""
    common = sum("\u4e00" <= character <= "\u9fff" for character in chinese)
    if chinese and common > 0.15 * len(chinese):
        return chinese
    best = from_bytes(
        raw[:200_000], cp_isolation=["cp1252", "latin_1", "big5", "shift_jis", "euc_kr", "cp1251"]
    ).best()
    return raw.decode(best.encoding if best else "cp1252", errors="replace")
