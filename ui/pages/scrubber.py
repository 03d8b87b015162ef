"""A copy of a dataset without personal data, on the page of the data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.access.roles import allow
from assistant.workspace.scrubbing import scrubbed_copy
from knowledge.errors import TeachingError
from tools.data.scrub import FORMATS, scrubbed_name
from tools.errors import BadArgument
from tools.privacy.operators import OPERATORS
from ui.pages.html import card, facts, notes, text
from ui.pages.page import Page
from ui.pages.words import say, t, told

LARGEST = 20 << 20  # bytes; some minutes of work


class Scrubber(Page):
    """The part of the data's page in which copies without personal data are made."""

    def build_scrubber(self) -> None:
        """What is hidden and how, the button, and what came of it."""
        parts = self.parts
        lead = t(
            "Write a copy in which names, addresses, numbers and secrets are hidden, to train on or to share."
        )
        gr.HTML(lead, html_template="<p>${value}</p>")
        with gr.Row():
            parts.operator = gr.Dropdown(
                [*OPERATORS], value="pseudonym", label=t("What takes their place"), min_width=160
            )
            parts.out = gr.Dropdown([*FORMATS], value=FORMATS[0], label=t("Format"), min_width=100)
        parts.hidden = gr.Dropdown(
            [], multiselect=True, label=t("Only these columns (empty: all texts but the labels)")
        )
        parts.scrub = gr.Button(t("Make the copy"), size="sm", variant="primary", elem_classes="sa-small")
        parts.scrubbed = gr.HTML()

    def wire_scrubber(self) -> None:
        """Which handler each event calls."""
        parts = self.parts
        chosen = [parts.datasets, parts.operator, parts.out, parts.hidden]
        self.on(parts.scrub.click, self.scrub, chosen, show_progress="minimal")

    def listed(self, request: gr.Request, wish: str | None = None) -> dict:
        """The list and the chosen dataset; the page has it."""
        raise NotImplementedError

    def begin_scrubbing(self, name: str, request: gr.Request) -> dict:
        """A dataset was chosen: its columns, and the form that its copy has where none is named."""
        from tools.data.read import open_table

        path = self.app.workspace(self.principal(request)).dataset(name)
        try:
            info, rows = open_table(path)
            next(rows)  # some formats tell their columns with the first row
            columns = [*info.columns]
        except (TeachingError, StopIteration):  # its profile says why
            columns = []
        return {
            "hidden": gr.Dropdown(columns, value=[]),
            "out": Path(scrubbed_name(path)).suffix,
            "scrub": gr.Button(visible=bool(columns) and self.may(request, "upload")),
            "scrubbed": "",
        }

    def scrub(
        self, name: str, operator: str, ending: str, columns: list[str] | None, request: gr.Request
    ) -> Iterator[dict]:
        """Make the copy, which takes a second for some hundred rows, and show it."""
        who = self.principal(request)
        allow(who, "upload")
        yield {"scrubbed": card(say("Hiding personal data …")), "scrub": gr.Button(interactive=False)}
        ready = {"scrub": gr.Button(interactive=True)}
        out = str(Path(scrubbed_name(Path(name))).with_suffix(ending))
        try:
            self._check_size(request, name)
            row, found = scrubbed_copy(self.app.workspace(who), name, out, operator, columns)
        except TeachingError as error:
            yield {"scrubbed": card(name, f"<p>{text(told(error))}</p>", kind="sa-bad"), **ready}
            return
        yield {**self.listed(request, row["name"]), "scrubbed": _shown(row["name"], found), **ready}

    def _check_size(self, request: gr.Request, name: str) -> None:
        """Raise :class:`BadArgument` where a copy would hold up the page for more than some minutes."""
        if self.app.workspace(self.principal(request)).dataset(name).stat().st_size > LARGEST:
            raise BadArgument(
                f"{name} is larger than {LARGEST >> 20} MB, which takes too long here.",
                f"Use the command line: assistant data scrub {name}",
            )


def _shown(name: str, found: dict[str, Any]) -> str:
    hidden = ", ".join(f"{kind} {count:,}" for kind, count in found["entities"].items())
    about = [("rows", found["rows"]), ("rows changed", found["changed"])]
    about += [("hidden", hidden), ("left as they are", ", ".join(found["left"]))]
    return card(name, facts(about), notes(found["warnings"]))
