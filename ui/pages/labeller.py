"""Labels for a dataset's rows, one by one: those that a model doubts most first, and written into the dataset."""

from pathlib import Path
from typing import Any

import gradio as gr

from assistant.access.principal import Principal
from assistant.access.roles import allow
from knowledge.errors import TeachingError
from ui.pages.html import card, text
from ui.pages.page import Page
from ui.pages.words import say, t, told

AT_ONCE = 20  # rows chosen for labelling at a time
MOST_LABELS = 60  # offered as choices


class Labeller(Page):
    """The part of the data's page in which labels are given."""

    def build_labeller(self) -> None:
        """The row at hand, its label, and what comes next."""
        parts = self.parts
        parts.queue, parts.row = gr.State([]), gr.State(None)
        with gr.Row(visible=False) as parts.choices:
            parts.model = gr.Dropdown([], label=t("Doubtful rows first, by the model"), min_width=160)
            parts.text = gr.Dropdown([], label=t("Text column"), min_width=120)
            parts.column = gr.Dropdown([], label=t("Label column"), allow_custom_value=True, min_width=120)
        parts.item = gr.HTML(elem_id="sa-item")
        parts.label = gr.Radio([], label=t("Its label"), visible=False, elem_classes="sa-labels")
        parts.other = gr.Textbox(
            label=t("Another label"), visible=False, max_lines=1, submit_btn=False, elem_id="sa-other"
        )
        with gr.Row(elem_classes="sa-actions"):
            parts.save = gr.Button(t("Save and next"), variant="primary", size="sm", visible=False)
            parts.skip = gr.Button(t("Skip"), size="sm", visible=False)
            parts.undo = gr.Button(t("Undo the last"), size="sm", visible=False)
            parts.write = gr.Button(t("Write the labels into the dataset"), size="sm", visible=False)

    def wire_labeller(self) -> None:
        """Which handler each event calls."""
        parts = self.parts
        work = [parts.datasets, parts.model, parts.text, parts.column]
        for choice in (parts.model, parts.text, parts.column):
            self.on(choice.input, self.choose, work, show_progress="minimal")
        answer = [*work, parts.queue, parts.row, parts.label, parts.other]
        self.on(parts.save.click, self.save, answer)
        self.on(parts.other.submit, self.save, answer)
        self.on(parts.skip.click, self.skip, [*work, parts.queue, parts.row])
        self.on(parts.undo.click, self.take_back, work)
        self.on(parts.write.click, self.write, [parts.datasets, parts.column], show_progress="minimal")

    def listed(self, request: gr.Request, wish: str | None = None) -> dict:
        """The list and the chosen dataset; the page has it."""
        raise NotImplementedError

    def begin(self, name: str | None, request: gr.Request) -> dict:
        """The dataset's rows are to be labelled: which columns, and by which model's doubts."""
        from tools.data.columns import guess_columns
        from tools.data.read import sample_rows

        if not name:
            return {}
        models = [each.name for each in self.app.registry.all() if each.task == "text-classification"]
        try:
            sample = sample_rows(self.app.workspace(self.principal(request)).dataset(name), 200, 2000)
        except TeachingError:
            return {"choices": gr.Row(visible=False), **self._nothing(say("This file is no table."))}
        columns = list(sample[0])
        guess = guess_columns(sample, None, None, None)
        text_column = guess.text_column or columns[0]
        label = guess.label_column if guess.label_column in columns else "label"
        return {
            "choices": gr.Row(visible=True),
            "model": gr.Dropdown([(say("None: in their order"), ""), *models], value=""),
            "text": gr.Dropdown(columns, value=text_column),
            "column": gr.Dropdown(columns, value=label),
            **self.choose(name, "", text_column, label, request),
        }

    def choose(self, name: str, model: str | None, text_column: str, label: str, request: gr.Request) -> dict:
        """Choose the rows that come next."""
        who = self.principal(request)
        if not self.may(request, "upload"):
            return self._nothing(say("Your role may look at data, and not label it."))
        path, given = self._stands(name, label, who)
        try:
            rows, labels = unlabelled(path, given, text_column, label)
            if model:
                rows = self._doubtful(who, model, path, text_column, label, given)
                labels = self._offered(who, model, labels)
        except TeachingError as error:
            return self._nothing(told(error))
        return self._next(name, label, rows, labels, who)

    def _doubtful(
        self, who: Principal, model: str, path: Path, text_column: str, label: str, given: dict[int, str]
    ) -> list[dict[str, Any]]:
        from tools.serving.active import rows_to_label

        predictor = self.app.workspace(who).predictor(model)
        found = rows_to_label(predictor, path, AT_ONCE + len(given), text_column, label)["rows"]
        return [row for row in found if row["row"] not in given]

    def _offered(self, who: Principal, model: str | None, labels: list[str]) -> list[str]:
        """The labels there are, and those that the model knows."""
        known = self.app.workspace(who).predictor(model).labels if model else []
        return list(dict.fromkeys([*labels, *known]))

    def save(
        self,
        name: str,
        model: str | None,
        text_column: str,
        label: str,
        queue: list[dict[str, Any]],
        row: tuple[str, str, int] | None,
        picked: str | None,
        other: str | None,
        request: gr.Request,
    ) -> dict:
        """The row at hand gets its label: in the dataset and the column for which it was shown."""
        who = self.principal(request)
        allow(who, "upload")
        if row is None:
            return {}
        of, column, number = row
        self.app.labelling.label(self._id(of, who), column, number, other or picked or "", who.user_id)
        return self.skip(name, model, text_column, label, queue, row, request)

    def skip(
        self,
        name: str,
        model: str | None,
        text_column: str,
        label: str,
        queue: list[dict[str, Any]],
        row: tuple[str, str, int] | None,
        request: gr.Request,
    ) -> dict:
        """The next row; once none is left, or another dataset or column is chosen by now, others are chosen."""
        if len(queue) < 2 or row is None or tuple(row[:2]) != (name, label):
            return self.choose(name, model, text_column, label, request)
        who = self.principal(request)
        labels = unlabelled(*self._stands(name, label, who), text_column, label)[1]
        return self._next(name, label, queue[1:], self._offered(who, model, labels), who)

    def take_back(
        self, name: str, model: str | None, text_column: str, label: str, request: gr.Request
    ) -> dict:
        """The last label that this user gave was wrong."""
        who = self.principal(request)
        allow(who, "upload")
        self.app.labelling.undo(self._id(name, who), label, who.user_id)
        return self.choose(name, model, text_column, label, request)

    def write(self, name: str, label: str, request: gr.Request) -> dict:
        """The labels become part of the dataset: a new file of its name."""
        who = self.principal(request)
        allow(who, "upload")
        new = self.app.labelling.write(self._id(name, who), label, who.user_id)
        gr.Info(say("{name} holds the labels now.", name=new["name"]), title="")
        return self.listed(request, new["name"])

    def _id(self, name: str, who: Principal) -> str:
        return str((self.app.files.by_name(name, who) or {}).get("id", name))

    def _stands(self, name: str, label: str, who: Principal) -> tuple[Path, dict[int, str]]:
        """The dataset, and what it was given for a column."""
        return self.app.workspace(who).dataset(name), self.app.labelling.given(self._id(name, who), label)

    def _next(
        self, name: str, label: str, rows: list[dict[str, Any]], labels: list[str], who: Principal
    ) -> dict:
        file_id = self._id(name, who)
        given = (
            bool(self.app.labelling.given(file_id, label)),
            bool(self.app.labelling.given(file_id, label, who.user_id)),
        )
        if not rows:
            return self._nothing(say("Every row has a label."), *given)
        first = rows[0]
        doubt = (
            say(
                "The model would say {label}: {share} % sure.",
                label=first["label"],
                share=f"{100 * first['score']:.0f}",
            )
            if "score" in first
            else ""
        )
        item = card(say("Row {n}", n=f"{first['row']:,}"), f"<blockquote>{text(first['text'])}</blockquote>",
                    f'<div class="sa-more">{text(doubt)}</div>' if doubt else "")  # fmt: skip
        return {
            "queue": rows,
            "row": (name, label, first["row"]),
            "item": item,
            "label": gr.Radio(labels[:MOST_LABELS], value=None, visible=bool(labels)),
            "other": gr.Textbox(value="", visible=True),
            **self._buttons(True, *given),
        }

    def _nothing(self, why: str, any_given: bool = False, mine: bool = False) -> dict:
        return {
            "queue": [],
            "row": None,
            "item": f'<div class="sa-empty"><p>{text(why)}</p></div>',
            "label": gr.Radio(visible=False),
            "other": gr.Textbox(visible=False),
            **self._buttons(False, any_given, mine),
        }

    def _buttons(self, row: bool, any_given: bool, mine: bool) -> dict:
        shown = {"save": row, "skip": row, "undo": mine, "write": any_given}
        return {name: gr.Button(visible=visible) for name, visible in shown.items()}


def unlabelled(
    path: Path, given: dict[int, str], text_column: str, label: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """The first rows without a label, and all labels there are, the most frequent first.

    Args:
        path: the dataset.
        given: labels that are not written yet, by row number.
        text_column: the column with the texts.
        label: the column with the labels; there may be none of that name yet.
    """
    from collections import Counter

    from tools.data.read import iter_rows

    rows: list[dict[str, Any]] = []
    counted = Counter(given.values())
    for number, row in enumerate(iter_rows(path), 1):
        own = str(row.get(label) or "").strip()
        if own:
            counted[own] += 1
        elif number not in given and len(rows) < AT_ONCE and str(row.get(text_column) or "").strip():
            rows.append({"row": number, "text": str(row[text_column])})
    return rows, [name for name, _ in counted.most_common()]
