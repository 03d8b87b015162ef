"""A dataset's copy without personal data, as an upload of its own."""

import tempfile
from pathlib import Path
from typing import Any

from assistant.access.quotas import TOKENS
from assistant.workspace.files import ATTACHED, safe_name
from assistant.workspace.workspace import TeamWorkspace
from tools.errors import NotFound, OutOfSpace
from tools.wanted import still_wanted


def scrubbed_copy(
    workspace: TeamWorkspace,
    name: str,
    out: str | None = None,
    operator: str = "pseudonym",
    columns: list[str] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Store a copy of an upload without the personal data in its texts, as ``assistant data scrub`` writes one.

    Args:
        workspace: of whoever wants it, and becomes its owner; of what is attached to conversations its user stays that.
        name: the upload, by its name or id.
        out: what the copy is called: CSV, TSV or JSON lines, by its ending.
        operator: what takes the place of personal data; see :func:`tools.data.scrub.scrub`.
        columns: only these; all texts but the labels where None.

    Returns:
        The copy's row, and what :func:`tools.data.scrub.scrub` tells.

    Raises:
        NotFound: there is no such upload.
        BadArgument, BadData: as :func:`tools.data.scrub.scrub`.
        TooLarge, OutOfSpace: the copy cannot be stored.
        TooMany: their tokens of the day are used up.
    """
    from tools.data.scrub import scrub, scrubbed_name

    path, files = workspace.dataset(name), workspace.shared.files
    workspace.shared.quotas.check(workspace.principal, TOKENS)
    workspace.shared.quotas.add(
        workspace.principal, TOKENS, path.stat().st_size // 4
    )  # about as many as it holds
    old = files.get(path.parent.name)
    whose = old["user_id"] if old["purpose"] == ATTACHED else workspace.principal.user_id
    try:
        with tempfile.TemporaryDirectory(prefix=".scrub-", dir=path.parent) as folder:
            target = Path(folder) / safe_name(out or scrubbed_name(path))
            found = scrub(
                path, target, workspace.redactor(), operator, columns or None, lambda _: still_wanted()
            )
            with target.open("rb") as content:
                return files.save(
                    target.name, content, whose, old["purpose"], workspace.principal.user_id
                ), found
    except FileNotFoundError as error:
        raise NotFound(f"{name} is no longer there.", "Upload it again.") from error
    except OSError as error:
        raise OutOfSpace(
            f"The copy could not be written: {error.strerror or error}.", "Free some space and try again."
        ) from error
