"""E-mail messages."""

from functools import cache
from typing import TYPE_CHECKING, Any

from knowledge.decode import decode
from knowledge.document import Block, Parts
from knowledge.errors import SourceError
from knowledge.load import html, markdown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from email.policy import EmailPolicy

SUFFIXES = (".eml",)
_TEXTS = ("text/plain", "text/html")


def load(raw: bytes, name: str) -> Parts:
    """Read a message's subject, sender, date and its text (the HTML part where there is no plain one).

    What is attached are documents of their own; see :mod:`knowledge.attachments`.
    """
    message = parsed(raw)
    blocks = [
        Block("row", f"{key}: {message[key]}") for key in ("From", "To", "Date") if message[key] is not None
    ]
    for text in _taken_apart(message)[0]:
        loader = html if text.get_content_subtype() == "html" else markdown
        blocks += loader.load(_text(text), "body.txt").blocks
    return Parts(str(message["Subject"] or ""), blocks, str(message["Date"] or ""))


def parsed(raw: bytes) -> "EmailMessage":
    """A message with its parts."""
    from email.message import EmailMessage
    from email.parser import BytesParser

    return BytesParser(EmailMessage, policy=_policy()).parsebytes(raw)


def attachments(message: "EmailMessage") -> "list[EmailMessage]":
    """What is attached to a message at whatever depth, without the pictures within its text and its signature."""
    return _taken_apart(message)[1]


@cache
def _policy() -> "EmailPolicy[EmailMessage]":
    """Python's own, but for headers at which its parser breaks down: of those the parameters are left out."""
    from email.headerregistry import HeaderRegistry
    from email.policy import default

    registry = HeaderRegistry()

    def header(name: str, value: str) -> Any:
        try:
            return registry(name, value)
        except Exception:  # IndexError and others, at "filename*" without a value
            return registry(name, value.partition(";")[0])

    return default.clone(header_factory=header)


def _taken_apart(message: "EmailMessage") -> "tuple[list[EmailMessage], list[EmailMessage]]":
    """The parts that are a message's own text, and those that are attached to it."""
    body, texts, attached = message.get_body(("plain", "html")), [], []
    for part, is_version in _leaves(message):
        named = part.get_content_disposition() == "attachment" or part.get_filename()
        if part is body or (not named and not is_version and part.get_content_type() in _TEXTS):
            texts.append(part)  # some programs go on with the text behind what they attach
        elif not (_is_signature(part) or _is_picture(part)) and (named or not is_version):
            attached.append(part)
    return texts, attached


def _leaves(part: Any, is_version: bool = False) -> "Iterator[tuple[EmailMessage, bool]]":
    """The parts that hold no others (attached messages are whole), and whether each is one of several versions."""
    if part.get_content_maintype() != "multipart":
        yield part, is_version and part.get_content_maintype() == "text"
        return
    for each in part.iter_parts():
        yield from _leaves(each, is_version or part.get_content_subtype() == "alternative")


def _is_signature(part: "EmailMessage") -> bool:
    return part.get_content_subtype().endswith("-signature")  # pgp-, pkcs7-, x-pkcs7-


def _is_picture(part: "EmailMessage") -> bool:
    """Whether it is a picture that stands within the text."""
    within = part.get("Content-ID") and part.get_content_disposition() != "attachment"
    return bool(within) and part.get_content_maintype() == "image"


def _text(body: Any) -> bytes:
    """A part's text as UTF-8, whatever its charset is said to be: many programs leave it out or get it wrong."""
    raw = body.get_payload(decode=True) or b""
    try:
        return raw.decode(body.get_content_charset("")).encode() if body.get_content_charset() else _any(raw)
    except (LookupError, UnicodeDecodeError):
        return _any(raw)


def _any(raw: bytes) -> bytes:
    try:
        return decode(raw).encode()
    except SourceError:
        return b""
