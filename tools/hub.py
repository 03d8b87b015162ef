"""What models and data sets of the Hugging Face hub have in common: the form of an id, and the client's errors."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.errors import BadArgument, NotFound, OutOfSpace, Unsupported

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
PATIENCE = 8.0  # seconds the hub may take for an answer
SIGN_IN = "run hf auth login or set HF_TOKEN"
TRANSPORT = ("httpx", "httpx2", "hf_xet")  # which HTTP client it is depends on the hub package's version


@contextmanager
def room_for(name: str) -> Iterator[None]:
    """Say so where a full disk is the reason.

    Args:
        name: what is being written.

    Raises:
        OutOfSpace: no room on the disk.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise OutOfSpace(f"There is no room on the disk for {name}.", "Free some space.") from error


@contextmanager
def explained(name: str, kind: str, param: str, instead: str) -> Iterator[None]:
    """Turn the hub client's errors into ours.

    Args:
        name: the id as the user knows it.
        kind: ``model`` or ``data set``.
        param: the argument that named it.
        instead: what can be used in its place, such as ``use minilm or smollm2``.

    Raises:
        BadArgument: the hub knows no such form of an id.
        NotFound: the hub has no such thing.
        Unsupported: it shows it to some people alone, or is away.
        OutOfSpace: no room on the disk.
    """
    from huggingface_hub import errors as hub

    try:
        with room_for(name):
            yield
    except hub.HFValidationError as error:
        raise BadArgument(
            f"{name!r} is no Hugging Face id.", "An id looks like owner/name.", param
        ) from error
    except hub.GatedRepoError as error:
        raise Unsupported(
            f"{name} is gated.", f"Accept its terms at huggingface.co and {SIGN_IN}."
        ) from error
    except (hub.HfHubHTTPError, hub.LocalEntryNotFoundError) as error:
        raise _answered(error, name, kind, param, instead) from error
    except OSError as error:
        raise _away(name, instead) from error
    except Exception as error:
        # hf_xet reports broken transfers as plain RuntimeErrors.
        if not isinstance(error, RuntimeError) and type(error).__module__.split(".")[0] not in TRANSPORT:
            raise
        raise _away(name, instead) from error


def _away(name: str, instead: str) -> Unsupported:
    return Unsupported(
        f"The model hub cannot be reached, so {name} cannot be fetched.", f"Try later, or {instead}."
    )


def _answered(error: Any, name: str, kind: str, param: str, instead: str) -> Exception:
    """What an answer of the hub means; to people it does not know it says 401 where there is nothing, too."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    status = response.status_code if response is not None else 0
    if status == 401:
        return Unsupported(
            f"The hub does not show {name} without signing in: it is private, or there is no such {kind}.",
            f"Check the id; where it is right, {SIGN_IN}.",
            param,
        )
    if status == 403:
        return Unsupported(
            f"The hub does not let this account read {name}.",
            f"Ask its owner for access, then {SIGN_IN}.",
            param,
        )
    if status == 404:
        return NotFound(
            f"There is no {kind} {name} at the hub (or it is private).",
            f"Check the id, or {instead}.",
            param,
        )
    return _away(name, instead)
