"""The sample workspace that ships with the product: support tickets to train on, a help centre to ask."""

from importlib.resources import as_file, files
from typing import Any

from assistant.workspace.workspace import Shared

TICKETS = "tickets.csv"
HELP_CENTRE = "help-centre"


def load_samples(shared: Shared, user_id: str) -> dict[str, Any]:
    """Put the samples into the workspace; what is there already stays as it is.

    Args:
        shared: the workspace.
        user_id: who asked for them.

    Returns:
        ``{"dataset": name of the file, "sources": articles added, "chunks": …}``
    """
    with as_file(files("assistant") / "samples") as folder:
        with (folder / TICKETS).open("rb") as content:
            row = shared.files.save(TICKETS, content, user_id, "fine-tune")
        added = shared.knowledge().add([str(folder / HELP_CENTRE)])
    return {"dataset": row["name"], "sources": added["sources"], "chunks": added["chunks"]}
