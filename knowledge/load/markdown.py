"""Markdown and plain text."""

import re
from itertools import count

from knowledge.decode import decode
from knowledge.document import Block, Parts, leads_to, row_text

SUFFIXES = (".md", ".markdown", ".txt", ".text", ".rst", ".log")

_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+(.*)$")
_RULE = re.compile(r"^\s*+(?:\|\s*+)?:?-{2,}+:?\s*+(?:\|\s*+:?-{2,}+:?\s*+)*+(?:\|\s*+)?$")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.{1,2000}?)(?<!`)\1(?!`)")
# What never ends is looked for within bounds, or a line of a megabyte would take hours.
_PICTURE = re.compile(r"!\[([^\]]{0,500}+)\]\([^)]{0,2000}+\)")
_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.){1,500}+)\]\(([^)\s]{0,2000}+)[^)]{0,500}+\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.{1,500}?)(?<=\S)\1")
_STRESSED = re.compile(r"(?<!\w)([*_])(?=\S)(.{1,500}?)(?<=\S)\1(?!\w)")
# Tags of HTML; what else stands in angle brackets is the text's own: HOME=<path>.
_TAG = re.compile(
    r"</?(?:a|abbr|address|article|aside|b|big|blockquote|br|center|cite|code|dd|del|details|div|dl|dt|em|"
    r"figcaption|figure|font|footer|h[1-6]|header|hr|i|iframe|img|ins|kbd|li|main|mark|nav|ol|p|picture|pre|q|s|samp|"
    r"script|section|small|source|span|strike|strong|style|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|"
    r"var|video)(?:\s[^<>]*+|/)?>",
    re.IGNORECASE,
)
_UNDERLINE = re.compile(r"^(=+|-+)\s*$")


def load(raw: bytes, name: str) -> Parts:
    """Read Markdown, or plain text with its paragraphs.

    Args:
        raw: the file's bytes.
        name: its name.
    """
    lines = decode(raw).splitlines()
    head, lines = _front_matter(lines)
    blocks = _Reader(lines, name.lower().endswith((".md", ".markdown"))).blocks()
    return Parts(head.get("title", ""), blocks, head.get("updated", head.get("date", "")))


def _front_matter(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    if not lines or lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:40]]:
        return {}, lines
    end = [line.strip() for line in lines].index("---", 1)
    pairs = [line.split(":", 1) for line in lines[1:end] if ":" in line]
    return {key.strip().lower(): value.strip(" \"'") for key, value in pairs}, lines[end + 1 :]


def plain(text: str, linked: bool = True) -> str:
    """A line of Markdown without its mark-up; links keep their words, and those to elsewhere their address.

    Args:
        text: the line.
        linked: False for a heading, in which an address only disturbs.
    """
    text = text.replace("\0", "")  # a place of a code below
    codes = [code[2].strip() for code in _CODE.finditer(text)]
    numbers = count()
    text = _CODE.sub(lambda _: f"\0{next(numbers)}\0", text)
    text = _PICTURE.sub(r"\1", text)
    text = _LINK.sub(_link if linked else r"\1", text)
    text = re.sub(r"<(?:mailto:)?((?:https?://|[^\s<>@/]+@)[^\s<>]+)>", r"\1", text)
    text = _STRONG.sub(r"\2", text)
    text = _STRESSED.sub(r"\2", text)
    text = re.sub(r"\\([\\`*_{}\[\]()#+.!|>~-])", r"\1", _TAG.sub("", _uncommented(text)))
    return re.sub("\0(\\d+)\0", lambda code: codes[int(code[1])], text)


def _uncommented(text: str) -> str:
    """A line without HTML's comments; one that never ends is text."""
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[at:start])
        at = end + 3
    return "".join(kept) + text[at:]


def _link(found: re.Match[str]) -> str:
    address = leads_to(found[1], found[2].strip("<>"))
    return f"{found[1]} ({address})" if address else found[1]


def _opened(heading: str) -> str:
    """A heading's words without the signs that close it: ``Prices ##``, but not those of ``C#``."""
    words = heading.rstrip()
    bare = words.rstrip("#")
    return words if bare and not bare[-1].isspace() else bare.rstrip()


class _Reader:
    """Lines to blocks: a paragraph grows until an empty line or another kind of line."""

    def __init__(self, lines: list[str], markdown: bool):
        self.lines, self.markdown = lines, markdown
        self.found: list[Block] = []
        self.open: list[str] = []
        self.kind: str = "text"
        self.header: list[str] = []

    def blocks(self) -> list[Block]:
        at = 0
        while at < len(self.lines):
            at = self._take(at)
        self._close()
        return self.found

    def _take(self, at: int) -> int:
        line = self.lines[at]
        following = self.lines[at + 1] if at + 1 < len(self.lines) else ""
        if not line.strip():
            self._close()
            self.header = []
        elif self.markdown and line.lstrip().startswith(("```", "~~~")):
            return self._code(at)
        elif match := _HEADING.match(line) if self.markdown else None:
            self._add("heading", plain(_opened(match[2]), linked=False), len(match[1]))
        elif self._underlined(line, following):
            self._add("heading", plain(line, linked=False), 1 if following.startswith("=") else 2)
            return at + 2
        elif "|" in line and (self.header or _RULE.match(following)):
            self._row(line)
        elif match := _ITEM.match(line):
            self._close()
            self.kind, self.open = "item", [match[1]]
        else:
            self.open.append(re.sub(r"^\s*>\s?", "", line))
        return at + 1

    def _underlined(self, line: str, following: str) -> bool:
        alone = not self.open and len(line) <= 100 and "|" not in line
        return alone and len(following.strip()) > 2 and bool(_UNDERLINE.match(following))

    def _row(self, line: str) -> None:
        self._close()
        cells = [plain(cell.strip()) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if _RULE.match(line):
            return
        if not self.header:
            self.header = cells
        else:
            self.found.append(Block("row", row_text(self.header, cells)))

    def _code(self, at: int) -> int:
        self._close()
        fence = self.lines[at].lstrip()[:3]
        stop = at + 1
        while stop < len(self.lines) and not self.lines[stop].lstrip().startswith(fence):
            stop += 1
        self.found.append(Block("code", "\n".join(self.lines[at + 1 : stop])))
        return stop + 1

    def _add(self, kind: str, text: str, level: int) -> None:
        self._close()
        self.header = []
        self.found.append(Block(kind, text, level))  # type: ignore[arg-type]

    def _close(self) -> None:
        if self.open:
            text = " ".join(line.strip() for line in self.open)
            self.found.append(Block(self.kind, plain(text) if self.markdown else text))  # type: ignore[arg-type]
        self.kind, self.open = "text", []
