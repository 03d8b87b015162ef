"""Files on their way into the chat: their first rows, before anything is said about them."""

from itertools import islice
from pathlib import Path

import gradio as gr

from assistant.workspace.files import DATASETS
from knowledge.errors import TeachingError
from ui.pages.html import Raw, card, exact, table, text
from ui.pages.view import View
from ui.pages.words import say, told

ROWS = 4
CELL = 80  # characters shown of a cell
# The box changes with every letter; only other files are news to the server.
PATHS = "(said) => [(said?.files || []).map((file) => file.path || file).join('\\n')]"


class Previews(View):
    """The band between the conversation and the message box."""

    def build_previews(self) -> None:
        """Where the rows stand."""
        parts = self.parts
        parts.dropped = gr.Textbox(visible="hidden", label="files", elem_id="sa-dropped")
        parts.preview = gr.HTML(visible=False, elem_id="sa-preview")

    def wire_previews(self) -> None:
        """Which handler each event calls."""
        parts = self.parts
        parts.box.change(
            None, parts.box, parts.dropped, js=PATHS, api_visibility="private", show_progress="hidden"
        )
        self.on(parts.dropped.change, self.preview, [parts.box], trigger_mode="always_last")

    def preview(self, said: dict | None, request: gr.Request) -> dict:
        """The first rows of each table that was dropped."""
        paths = [Path(path) for path in (said or {}).get("files") or []]
        shown = "".join(_rows(path) for path in paths if path.suffix.lower() in DATASETS)
        return {"preview": gr.HTML(shown, visible=bool(shown))}


def _rows(path: Path) -> str:
    from tools.data.read import open_table

    try:
        info, rows = open_table(path)
        first = [[_cut(cell) for cell in row] for row in islice(rows, ROWS)]
    except (TeachingError, OSError) as error:
        return card(path.name, f"<p>{text(told(error))}</p>", kind="sa-bad")
    more = say("{n} columns; the first rows", n=len(info.columns))
    return card(
        path.name, f'<div class="sa-more">{text(more)}</div>', table([*map(exact, info.columns)], first)
    )


def _cut(cell: object) -> Raw:
    return exact(f"{cell[:CELL]}…" if isinstance(cell, str) and len(cell) > CELL else cell)
