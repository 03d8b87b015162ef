"""``assistant sample``: the sample workspace that ships with the product."""

from typing import Any

from ui.cli.command import command, group
from ui.cli.opened import opened
from ui.cli.output import note

app = group("The sample workspace: support tickets to train on, a help centre to ask.")


@command(
    app, show=lambda got: f"{got['dataset']} and {got['sources']} help-centre articles are in the workspace."
)
def load() -> dict[str, Any]:
    """Put the samples into the workspace; what is there already stays as it is."""
    with opened() as application:
        from assistant.access.principal import OWNER_ID
        from assistant.workspace.samples import load_samples

        note("Reading the help centre …")
        return load_samples(application.shared, OWNER_ID)
