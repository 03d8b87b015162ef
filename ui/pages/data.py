"""The page of the data: datasets, what is in them, labels for their rows, and copies without personal data."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.access.principal import Principal
from assistant.access.roles import allow
from assistant.workspace.files import DATASETS
from knowledge.errors import TeachingError
from ui.pages.cards import result_card
from ui.pages.html import Raw, card, exact, facts, table, text
from ui.pages.labeller import Labeller
from ui.pages.page import chosen, empty, moment
from ui.pages.scrubber import Scrubber
from ui.pages.words import say, t, told

ROWS = 50  # shown of a dataset
CELL = 200  # characters shown of a cell


class DataPage(Labeller, Scrubber):
    """Datasets on the left; on the right the chosen one."""

    path, name = "data", "Data"

    def build(self) -> None:
        """The components."""
        parts = self.parts
        self.heading("Data", "Your datasets: what is in them, and labels for rows that have none.")
        with gr.Row(elem_classes="sa-split"):
            with gr.Column(scale=1, min_width=240, elem_classes="sa-master"):
                parts.upload = gr.UploadButton(
                    t("Add a dataset"), file_count="multiple", size="sm", variant="primary",
                    file_types=sorted(DATASETS),
                )  # fmt: skip
                parts.datasets = gr.Radio([], label=t("Datasets"), container=False, elem_classes="sa-list")
                parts.none = gr.HTML(visible=False)
            with gr.Column(scale=3, min_width=300), gr.Tabs(visible=False) as parts.tabs:
                with gr.Tab(t("Profile")):
                    parts.profile = gr.HTML(min_height=120)
                    self.asks("delete", "Delete this dataset", self.delete, [parts.datasets])
                with gr.Tab(t("Rows")) as parts.rows_tab:
                    parts.rows = gr.HTML()
                with gr.Tab(t("Label")):
                    self.build_labeller()
                with gr.Tab(t("Hide personal data")):
                    self.build_scrubber()

    def wire(self, blocks: gr.Blocks) -> None:
        """Which handler each event calls."""
        parts = self.parts
        self.on(blocks.load, self.load)
        self.on(parts.upload.upload, self.add, [parts.upload], show_progress="minimal")
        self.on(
            parts.datasets.input, self.choose_dataset, [parts.datasets], show_progress="minimal",
            trigger_mode="always_last",  # else a choice made while another is read stands in the list alone
        )  # fmt: skip
        self.on(parts.rows_tab.select, self.show_rows, [parts.datasets])
        self.wire_labeller()
        self.wire_scrubber()
        self.finish()

    def load(self, request: gr.Request) -> Iterator[dict]:
        """The page opens, at the dataset that its address names or the newest one; the list is there at once."""
        wish = request.query_params.get("name")
        names = self.app.workspace(self.principal(request)).datasets()
        if names:
            shown = gr.Radio(names, value=chosen(wish, names), visible=True)
            yield {"datasets": shown, "tabs": gr.Tabs(visible=True), **self._reading()}
        yield self.listed(request, wish)

    def listed(self, request: gr.Request, wish: str | None = None) -> dict:
        """The list and the chosen dataset."""
        names = self.app.workspace(self.principal(request)).datasets()
        found = chosen(wish, names)
        upload = self.may(request, "upload")
        none = empty(
            "No dataset yet", "Add a CSV, Excel or JSONL file, or load the sample workspace in the chat."
        )
        return {
            "datasets": gr.Radio(names, value=found, visible=bool(names)),
            "none": gr.HTML(none, visible=not names),
            "tabs": gr.Tabs(visible=bool(names)),
            "upload": gr.UploadButton(visible=upload),
            **(self.open(found, request) if found else {}),
        }

    def _reading(self) -> dict:
        """A large file takes seconds, in which the label editor is shut: it would be set anew at their end."""
        wait = say("Reading …")
        return {"profile": card(wait), "choices": gr.Row(visible=False), **self._nothing(wait)}

    def add(self, paths: list[str] | None, request: gr.Request) -> Iterator[dict]:
        """Files were chosen."""
        who = self.principal(request)
        allow(who, "upload")
        name = None
        for path in map(Path, paths or []):
            try:
                with path.open("rb") as content:
                    name = self.app.files.save(path.name, content, who.user_id, "fine-tune")["name"]
            finally:
                path.unlink(missing_ok=True)  # Gradio's own copy
        yield self._reading()
        yield self.listed(request, name)

    def choose_dataset(self, name: str | None, request: gr.Request) -> Iterator[dict]:
        """Another dataset was chosen."""
        yield self._reading()
        yield self.open(name, request)

    def open(self, name: str | None, request: gr.Request) -> dict:
        """A dataset: its profile, its rows, and its labels."""
        if not name:
            return {}
        return {
            "profile": self._profile(name, request),
            "delete": gr.Button(visible=self.may(request, "upload")),
            "delete_row": gr.Row(visible=False),
            **self.show_rows(name, request),
            **self.begin(name, request),
            **self.begin_scrubbing(name, request),
        }

    def _profile(self, name: str, request: gr.Request) -> str:
        from tools.catalog.data import inspect_dataset

        row = self.app.files.by_name(name, self.principal(request)) or {}
        added = facts([("bytes", row.get("bytes")), ("added (UTC)", moment(row.get("created_at")))])
        try:
            found = inspect_dataset(self.app.workspace(self.principal(request)), name)
        except TeachingError as error:
            return card(name, f"<p>{text(told(error))}</p>", added, kind="sa-bad")
        return result_card("inspect_dataset", found) + f'<div class="sa-more">{added}</div>'

    def delete(self, name: str, request: gr.Request) -> dict:
        """Delete the dataset: all files of its name, as an older one would come to light again.

        An admin sees what others attached to conversations, too; of the files below the first, theirs stay.
        """
        who = self.principal(request)
        allow(who, "upload")
        row = self.app.files.by_name(name, who)
        while row:
            self.app.files.delete(row["id"], who)
            row = self.app.files.by_name(name, Principal(who.user_id, who.name, "member"))
        return self.listed(request)

    def show_rows(self, name: str | None, request: gr.Request) -> dict:
        """The first rows as they are."""
        from tools.data.read import open_table

        if not name:
            return {}
        try:
            info, rows = open_table(self.app.workspace(self.principal(request)).dataset(name))
            shown = [[_cut(cell) for cell in row] for row in islice(rows, ROWS)]
        except TeachingError as error:
            return {"rows": card(name, f"<p>{text(told(error))}</p>", kind="sa-bad")}
        shown_first = say("The first {n} rows", n=len(shown))
        return {
            "rows": f'<div class="sa-more">{text(shown_first)}</div>'
            + table([*map(exact, info.columns)], shown)
        }


def _cut(cell: Any) -> Raw:
    return exact(f"{cell[:CELL]}…" if isinstance(cell, str) and len(cell) > CELL else cell)
