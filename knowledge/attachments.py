"""What is attached to a mail, as documents of their own below the mail's name. Nothing is written to the disk."""

import mimetypes
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from knowledge.archive import MOST_BYTES, MOST_FILES
from knowledge.decode import whole
from knowledge.errors import SourceError
from knowledge.gather import INSIDE, Found, refused
from knowledge.load.mail import attachments, parsed
from knowledge.loaders import LARGEST, check_kind

_DEEP = SourceError("Attachments of attached mails are not read.", "Save it and add the file.")
_TOO_MUCH = SourceError("More is attached than is accepted.", "Save what you need and add the files.")
MOST_TOLD = 20  # of an attached mail, each by its name; more are told together


def attached(raw: bytes, mail: Found) -> Iterator[Found]:
    """The documents attached to a mail, and refusals of what is attached to those that are mails.

    Args:
        raw: the mail.
        mail: what it was read from.
    """
    parts = attachments(parsed(raw))
    if len(parts) > MOST_FILES or sum(_size(part) for part in parts) > MOST_BYTES:
        yield refused(f"{mail.source}/attachments", f"{mail.location}{INSIDE}", _TOO_MUCH)
        return
    for name, part in named(parts).items():
        yield _found(mail, name, partial(_read, part, name))
        if _is_mail(part):
            inner = attachments(parsed(_bytes(part)))
            if len(inner) > MOST_TOLD:
                yield refused(f"{mail.source}/{name}/attachments", f"{_inside(mail, name)}{INSIDE}", _DEEP)
                continue
            for each in named(inner):
                yield refused(f"{mail.source}/{name}/{each}", f"{_inside(mail, name)}{INSIDE}{each}", _DEEP)


def attachment(mail: Found, name: str) -> Found:
    """One document attached to a mail, which is read with it.

    Args:
        mail: where it is attached.
        name: as :func:`named` has it.
    """

    def read() -> tuple[str, bytes]:
        part = named(attachments(parsed(mail.read()[1]))).get(name)
        if part is None:
            raise SourceError("It is no longer attached to the mail.", "Remove it, or add the mail again.")
        return _read(part, name)

    return _found(mail, name, read)


def named(parts: Sequence[Any]) -> dict[str, Any]:
    """The attachments of a mail by name: their own, made fit for a path and told apart."""
    found: dict[str, Any] = {}
    tried: dict[str, int] = {}  # how far the numbers behind each name have come
    for number, part in enumerate(parts, 1):
        wish = PurePosixPath(whole(part.get_filename() or "").replace("\\", "/")).name.strip()
        name = wish = wish or f"attachment {number}{mimetypes.guess_extension(part.get_content_type()) or ''}"
        while name in found:
            tried[wish] = tried.get(wish, 1) + 1
            name = f"{PurePosixPath(wish).stem} ({tried[wish]}){PurePosixPath(wish).suffix}"
        found[name] = part
    return found


def _found(mail: Found, name: str, read: Any) -> Found:
    return Found(f"{mail.source}/{name}", _inside(mail, name), read)


def _inside(mail: Found, name: str) -> str:
    return f"{mail.location}{INSIDE}{name}"


def _read(part: Any, name: str) -> tuple[str, bytes]:
    if name.lower().endswith(".zip"):
        raise SourceError("Archives in mails are not read.", "Save it and add the file.")
    check_kind(name)
    raw = _bytes(part)
    if len(raw) > LARGEST:
        raise SourceError(f"It is larger than {LARGEST >> 20} MB.", "Split it.")
    return name, raw


def _is_mail(part: Any) -> bool:
    return part.get_content_type() == "message/rfc822"


def _bytes(part: Any) -> bytes:
    return part.get_payload(0).as_bytes() if _is_mail(part) else part.get_payload(decode=True) or b""


def _size(part: Any) -> int:
    """About how many bytes an attachment has, without unpacking it."""
    written = part.get_payload()
    return len(written) * 3 // 4 if isinstance(written, str) else 0
