"""What Office files have in common (no loader of its own): they are zip archives of XML."""

import io
import zipfile

from knowledge.decode import looks_like
from knowledge.errors import SourceError

LARGEST = 400 << 20  # bytes after unpacking


def check_zip(raw: bytes, what: str) -> None:
    """Refuse what is no Office file, and one made to fill the memory.

    Args:
        raw: the file's bytes.
        what: for the message, for example ``Word document``.

    Raises:
        SourceError: with the reason.
    """
    if looks_like(raw) == "an old Office document":
        raise SourceError(
            f"The {what} is encrypted or of the old format.", "Save it anew without a password."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SourceError(f"The {what} is broken.", "Open it and save it again.") from error
    if size > LARGEST or size > 200 * max(len(raw), 50_000):
        raise SourceError(
            f"The {what} unpacks to {size >> 20} MB.", "It looks like a zip bomb; it was left out."
        )
