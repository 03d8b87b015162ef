"""Whatever goes wrong with one document becomes its reason, so that the rest goes on."""

import contextlib
import logging
import traceback
from collections.abc import Iterator

from knowledge.errors import SourceError, TeachingError

log = logging.getLogger(__name__)


@contextlib.contextmanager
def told(name: str) -> Iterator[None]:
    """Within it, what the libraries that read documents let through is logged and becomes a reason.

    Args:
        name: the document's.

    Raises:
        SourceError: with the reason. Errors that are meant for people stay as they are.
    """
    try:
        yield
    except TeachingError:
        raise
    except Exception as error:
        # Without the error's own words, which may hold the document's.
        kind, last = type(error).__name__, traceback.extract_tb(error.__traceback__)[-1]
        log.warning("%s: %s at %s:%s", name, kind, last.filename, last.lineno)
        raise SourceError(f"It cannot be read ({kind}).", "It may be damaged: save it anew.") from error
