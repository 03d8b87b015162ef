"""The page of the knowledge base: sources and their passages, adding, test questions, questions without an answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.access.roles import allow
from assistant.application import Application
from assistant.errors import BadRequest
from assistant.workspace.files import DATASETS, DOCUMENTS
from knowledge.base import Visibility
from knowledge.errors import TeachingError
from tools.catalog.knowledge import add_documents
from ui.pages.cards import citations_block
from ui.pages.html import card, details, facts, notes, text
from ui.pages.intake import Intake, left_out
from ui.pages.learner import Learner
from ui.pages.page import Page, chosen, empty, moment
from ui.pages.words import say, t

PASSAGES = 100  # shown of a source
AS_IT_IS = "as it is"  # a source that is there already stays internal or published


class KnowledgePage(Page):
    """Sources on the left; on the right the chosen one, and what can be asked."""

    path, name = "knowledge", "Knowledge"

    def __init__(self, app: Application):
        super().__init__(app)
        self.learner, self.intake = Learner(self), Intake(self)

    def build(self) -> None:
        """The components."""
        parts = self.parts
        self.heading("Knowledge", "The documents that answers come from, and what they do not answer yet.")
        with gr.Row(elem_classes="sa-split"):
            with gr.Column(scale=1, min_width=240, elem_classes="sa-master"):
                parts.sources = gr.Radio([], label=t("Sources"), container=False, elem_classes="sa-list")
                parts.none = gr.HTML(visible=False)
            with gr.Column(scale=3, min_width=300), gr.Tabs() as parts.tabs:
                with gr.Tab(t("Source"), id="source"):
                    parts.source = gr.HTML(min_height=80)
                    self.asks("remove", "Remove this source", self.remove, [parts.sources])
                with gr.Tab(t("Add"), id="add"):
                    self._adder()
                with gr.Tab(t("Test a question"), id="test"):
                    self._tester()
                with gr.Tab(t("Unanswered"), id="unanswered"):
                    parts.questions = gr.CheckboxGroup(
                        [], label=t("Asked and not answered"), elem_classes="sa-list"
                    )
                    parts.no_questions = gr.HTML()
                    parts.settle = gr.Button(t("Take off the list"), size="sm", visible=False)
                with gr.Tab(t("Learn from use"), id="learn"):
                    self.learner.build()

    def _adder(self) -> None:
        parts = self.parts
        parts.files = gr.File(
            label=t("Documents"), file_count="multiple", file_types=sorted(DOCUMENTS | DATASETS), height=120
        )
        parts.address = gr.Textbox(label=t("or an address"), placeholder="https://", max_lines=1)
        parts.visibility = gr.Radio(
            [
                (t("New ones published, others as they are"), AS_IT_IS),
                (t("Published: visitors of your site too"), "published"),
                (t("Internal: the team alone"), "internal"),
            ],
            value=AS_IT_IS, label=t("Who may read it"), elem_classes="sa-choice",
        )  # fmt: skip
        with gr.Row(elem_classes="sa-actions"):
            parts.add = gr.Button(t("Add"), variant="primary", size="sm")
            parts.look = gr.Button(t("Preview the passages"), size="sm")
        parts.preview = gr.HTML()
        self.intake.build()

    def _tester(self) -> None:
        parts = self.parts
        parts.question = gr.Textbox(
            label=t("A question"), max_lines=3, max_length=2000, elem_id="sa-question"
        )
        parts.visitor = gr.Checkbox(label=t("As a visitor: published documents only"), value=False)
        parts.ask = gr.Button(t("Ask"), variant="primary", size="sm", elem_classes="sa-small")
        parts.answer = gr.HTML()

    def wire(self, blocks: gr.Blocks) -> None:
        """Which handler each event calls."""
        parts = self.parts
        new = [parts.files, parts.address, parts.visibility]
        asked = [parts.question, parts.visitor]
        self.on(blocks.load, self.load)
        self.on(parts.sources.input, self.open, [parts.sources])
        self.on(parts.add.click, self.add, new)
        self.on(parts.look.click, self.look, new, show_progress="minimal")
        self.on(parts.ask.click, self.ask, asked, show_progress="minimal")
        self.on(parts.question.submit, self.ask, asked, show_progress="minimal")
        self.on(parts.settle.click, self.settle, [parts.questions])
        self.on(parts.reading.tick, self.tick, [parts.sources], trigger_mode="once")
        self.intake.wire()
        self.learner.wire()
        self.finish()

    def load(self, request: gr.Request) -> dict:
        """The page opens."""
        return self.listed(request, request.query_params.get("source"))

    def listed(self, request: gr.Request, wish: str | None = None) -> dict:
        """The list, the chosen source and the open questions."""
        items = self.app.knowledge.list()["items"]
        found = chosen(wish, [each["source"] for each in items])
        none = empty(
            "No document yet", "Add your help pages, policies or handbooks on the right; answers cite them."
        )
        act = self.may(request, "approve")
        return {
            "sources": gr.Radio(
                [(_label(each), each["source"]) for each in items], value=found, visible=bool(items)
            ),
            "none": gr.HTML(none, visible=not items),
            "tabs": gr.Tabs(selected="source" if items else "add"),
            "add": gr.Button(visible=act),
            "look": gr.Button(visible=act),
            **(self.open(found, request) if found else {"source": "", "remove": gr.Button(visible=False)}),
            **self._questions(request),
            **self.intake.shown(request),
            **self.learner.shown(request),
        }

    def tick(self, source: str | None, request: gr.Request) -> dict:
        """A second has passed: the work goes on, or is through and has changed the list."""
        if self.intake.active():
            return self.intake.shown(request)
        changed = self.listed(request, source)
        del changed["tabs"]  # whoever reads another one stays there
        return changed

    def _questions(self, request: gr.Request) -> dict:
        rows = self.app.unanswered.list()
        labels = [(_question(row), row["number"]) for row in rows]
        none = empty(
            "No open question", "What visitors or the team ask and your documents do not hold appears here."
        )
        return {
            "questions": gr.CheckboxGroup(labels, value=[], visible=bool(rows)),
            "no_questions": gr.HTML(none, visible=not rows),
            "settle": gr.Button(visible=bool(rows) and self.may(request, "act")),
        }

    def open(self, source: str, request: gr.Request) -> dict:
        """A source was chosen: its passages."""
        known = {each["source"]: each for each in self.app.knowledge.list()["items"]}
        about = known.get(source, {})
        pairs = [
            ("passages", about.get("chunks")),
            ("visibility", say(about.get("visibility") or "")),
            ("added (UTC)", moment(about.get("added_at"))),
        ]
        shown = card(source, facts(pairs), _passages(self.app.knowledge.passages(source)))
        act = self.may(request, "approve")
        return {"source": shown, "remove": gr.Button(visible=act), "remove_row": gr.Row(visible=False)}

    def remove(self, source: str, request: gr.Request) -> dict:
        """Take the source out."""
        allow(self.principal(request), "approve")
        self.app.knowledge.remove(source)
        return self.listed(request)

    def look(self, files: list[str] | None, address: str, visibility: str, request: gr.Request) -> dict:
        """How the first of the chosen documents would be cut into passages."""
        allow(self.principal(request), "approve")
        sources = _sources(files, address)
        if not sources:
            return {"preview": empty("Nothing chosen", "Choose documents or type an address above.")}
        found = self.app.knowledge.preview(sources[0])
        title = say("{name}: {n} passages", name=Path(sources[0]).name or sources[0], n=len(found))
        return {"preview": card(title, _passages(found))}

    def add(
        self, files: list[str] | None, address: str, visibility: str, request: gr.Request
    ) -> Iterator[dict]:
        """Add the chosen documents."""
        who = self.principal(request)
        allow(who, "approve")
        sources = _sources(files, address)
        if not sources:
            yield {"preview": empty("Nothing chosen", "Choose documents or type an address above.")}
            return
        yield {"add": gr.Button(interactive=False), "preview": card(say("Reading …"))}
        internal = self._sources("internal")
        try:
            report = add_documents(
                self.app.workspace(who),
                [self._stored(each, who.user_id) for each in sources],
                None if visibility == AS_IT_IS else _visibility(visibility),
            )
        except TeachingError:
            yield {"add": gr.Button(interactive=True), "preview": ""}
            raise
        ready = {"add": gr.Button(interactive=True), "files": None, "address": ""}
        if "job" in report:
            yield {**ready, **self.intake.shown(request), "preview": ""}
            return
        shown = [
            say("{name} was internal; visitors read it now.", name=name)
            for name in sorted(internal & self._sources("published"))
        ]
        outcome = card(
            say("{n} passages added", n=report["chunks"]),
            notes(shown),
            left_out(report["skipped"]),
        )  # fmt: skip
        newest = self.app.knowledge.list()["items"]
        wish = newest[0]["source"] if newest and report["chunks"] else None
        changed = self.listed(request, wish)
        yield {**changed, **ready, "tabs": gr.Tabs(selected="add"), "preview": outcome}

    def _sources(self, visibility: str) -> set[str]:
        items = self.app.knowledge.list()["items"]
        return {each["source"] for each in items if each["visibility"] == visibility}

    def _stored(self, source: str, user_id: str) -> str:
        """An upload as a file of the home, which can be read anew later; an address as it is."""
        if "://" in source:
            return source
        path = Path(source)
        try:
            with path.open("rb") as content:
                return str(self.app.files.path(self.app.files.save(path.name, content, user_id)))
        finally:
            path.unlink(missing_ok=True)  # Gradio's own copy

    def ask(self, question: str, visitor: bool, request: gr.Request) -> dict:
        """A test question."""
        allow(self.principal(request), "ask")
        if not question.strip():
            return {"answer": empty("Nothing asked", "Type a question above.")}
        self.spend(request, question)
        found = self.app.knowledge.ask(question, visitor=visitor, test=True)
        cited = [each | {"number": number} for number, each in enumerate(found["citations"], 1)]
        shown = card(
            say("Answer") if found["answered"] else say("Not answered"),
            f'<p class="sa-answer">{text(found["answer"])}</p>',
            citations_block(cited) if cited else "",
        )
        return {"answer": shown, **self._questions(request)}

    def settle(self, numbers: list[int], request: gr.Request) -> dict:
        """Questions were taken care of."""
        allow(self.principal(request), "act")
        for number in numbers or []:
            self.app.unanswered.settle(int(number))
        return self._questions(request)


def _visibility(choice: str) -> Visibility:
    return "internal" if choice == "internal" else "published"


def _label(item: dict[str, Any]) -> str:
    internal = "" if item["visibility"] == "published" else " 🔒"
    return f"{item['source']} · {item['chunks']}{internal}"


def _question(row: dict[str, Any]) -> str:
    return f"{row['question']} · {row['asked']}×"


def _sources(files: list[str] | None, address: str | None) -> list[str]:
    """Chosen uploads and a typed address, which must be one: a path of the server is none of the page's business."""
    wish = (address or "").strip()
    if wish and not wish.lower().startswith(("https://", "http://")):
        raise BadRequest(f"{wish[:80]} is no address.", "Begin it with https://.", param="source")
    return [*(str(each) for each in files or []), *([wish] if wish else [])]


def _passages(found: list[dict[str, Any]]) -> str:
    rows = "".join(
        details(
            f"{number}. {each['heading']} — {each['text'][:80]}",
            f"<blockquote>{text(each['text'])}</blockquote>",
        )
        for number, each in enumerate(found[:PASSAGES], 1)
    )
    more = say("… and {n} more", n=len(found) - PASSAGES) if len(found) > PASSAGES else ""
    return f'<div class="sa-sources">{rows}</div>' + (
        f'<div class="sa-more">{text(more)}</div>' if more else ""
    )
