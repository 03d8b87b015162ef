"""The text encoding of a file, told from its bytes: UTF-8, UTF-16, GBK, Latin-1 and others."""

import codecs
from pathlib import Path

from tools.errors import BadData


def find_encoding(path: Path, head: bytes) -> tuple[str, list[str]]:
    """The text encoding of a file, and a sentence for people where it is not plain UTF-8.

    Args:
        path: the file; read through once, in pieces, to be sure of UTF-8.
        head: its first bytes.

    Raises:
        BadData: the bytes are no text.
    """
    if head.startswith(codecs.BOM_UTF8):
        wrong, _ = _first_non_utf8(path)
        if wrong is None:
            return "utf-8-sig", ["The file starts with a byte-order mark (BOM); it is ignored."]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", ["The file is UTF-16 text; it is read as such."]
    if b"\x00" in head:
        return _without_bom(path, head)
    wrong, piece = _first_non_utf8(path)
    if wrong is None:
        return "utf-8", []
    encoding = _legacy_encoding(piece)
    if encoding == "utf-8":
        return "utf-8", [
            "A few characters are broken (not valid UTF-8) and read as �. Save the file as UTF-8."
        ]
    shown = {"gb18030": "GBK (GB18030)", "cp1252": "Latin-1 (Windows-1252)"}.get(encoding, encoding)
    return encoding, [
        f"The file is {shown} text, not UTF-8; it is read as such. Check that accents look right."
    ]


def _without_bom(path: Path, head: bytes) -> tuple[str, list[str]]:
    """UTF-16 without its mark has a zero in every other byte; anything else with zeros is binary."""
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if zeros.count(0) > 0.7 * len(zeros) and head.count(0) < 0.6 * len(head):
            return name, ["The file is UTF-16 text; it is read as such."]
    raise BadData(f"{path.name} is a binary file, not a table.", "Upload CSV, TSV, JSONL, Excel or Parquet.")


def _first_non_utf8(path: Path) -> tuple[int | None, bytes]:
    """Offset of the first piece (1 MB) that is not UTF-8, with that piece; None where all is."""
    decoder, offset = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                return offset, piece
            offset += len(piece)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return offset, b""
    return None, b""


def _legacy_encoding(piece: bytes) -> str:
    """The likeliest encoding of text that is not UTF-8.

    Western accents stand alone between ASCII letters; Chinese comes in runs of high bytes.
    """
    lines = [line for line in piece.splitlines() if any(byte > 127 for byte in line)][:2000]
    text = b"\n".join(lines)
    if _mostly_utf8(text):
        return "utf-8"
    high = sum(byte > 127 for byte in text)
    paired = sum(a > 127 and b > 127 for a, b in zip(text, text[1:], strict=False))
    if paired > 0.4 * high and _decodes(text, "gb18030"):
        return "gb18030"
    if paired > 0.4 * high:
        from charset_normalizer import from_bytes

        best = from_bytes(text).best()
        if best is not None:
            return best.encoding
    return "cp1252" if _decodes(text, "cp1252") else "latin-1"


def _mostly_utf8(text: bytes) -> bool:
    """True where broken bytes are the exception among valid multi-byte characters."""
    decoded = text.decode("utf-8", errors="replace")
    broken = decoded.count("�")
    return sum(ord(char) > 127 for char in decoded) - broken > 4 * broken


def _decodes(text: bytes, encoding: str) -> bool:
    """True where (nearly) every line decodes; the last may be cut in two."""
    lines = text.split(b"\n")
    failed = 0
    for line in lines:
        try:
            line.decode(encoding)
        except UnicodeDecodeError:
            failed += 1
    return failed <= max(1, len(lines) // 100) if len(lines) > 1 else failed == 0
