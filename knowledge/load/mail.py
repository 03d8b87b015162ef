"""E-mail messages."""

from knowledge.document import Block, Parts
from knowledge.load import html, markdown

SUFFIXES = (".eml",)


def load(raw: bytes, name: str) -> Parts:
    """Read a message's subject, sender, date and its text (the HTML part where there is no plain one)."""
    from email import policy
    from email.message import EmailMessage
    from email.parser import BytesParser

    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
    body = message.get_body(("plain", "html"))
    blocks = [
        Block("row", f"{key}: {message[key]}") for key in ("From", "To", "Date") if message[key] is not None
    ]
    if body is not None:
        text = body.get_content()
        loader = html if body.get_content_subtype() == "html" else markdown
        blocks += loader.load(text.encode() if isinstance(text, str) else text, "body.txt").blocks
    return Parts(str(message["Subject"] or ""), blocks)
