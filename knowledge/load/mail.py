"""E-mail messages."""

from typing import TYPE_CHECKING, Any

from knowledge.decode import decode
from knowledge.document import Block, Parts
from knowledge.errors import SourceError
from knowledge.load import html, markdown

if TYPE_CHECKING:
    from email.message import EmailMessage

SUFFIXES = (".eml",)


def load(raw: bytes, name: str) -> Parts:
    """Read a message's subject, sender, date and its text (the HTML part where there is no plain one).

    What is attached are documents of their own; see :mod:`knowledge.attachments`.
    """
    message = parsed(raw)
    body = message.get_body(("plain", "html"))
    blocks = [
        Block("row", f"{key}: {message[key]}") for key in ("From", "To", "Date") if message[key] is not None
    ]
    if body is not None:
        loader = html if body.get_content_subtype() == "html" else markdown
        blocks += loader.load(_text(body), "body.txt").blocks
    return Parts(str(message["Subject"] or ""), blocks, str(message["Date"] or ""))


def parsed(raw: bytes) -> "EmailMessage":
    """A message with its parts."""
    from email import policy
    from email.message import EmailMessage
    from email.parser import BytesParser

    return BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)


def attachments(message: "EmailMessage") -> "list[EmailMessage]":
    """What is attached to a message, without the pictures within its text."""
    return [
        each
        for each in message.iter_attachments()
        if each.get_content_disposition() == "attachment" or not each.get("Content-ID")
    ]


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
