"""What visitors of the team's sites have left: hand-offs that wait for a person, and transcripts."""

from html import escape
from typing import Any
from urllib.parse import quote

import gradio as gr

from assistant.access.principal import Principal
from assistant.access.roles import allow
from ui.pages.html import card, facts, text
from ui.pages.page import Page, chosen, empty, moment
from ui.pages.transcript import transcript
from ui.pages.words import say, t


class Inbox(Page):
    """The part of the widget's page in which visitors are read and answered."""

    def build_inbox(self) -> None:
        """Two tabs: who waits, and what was said."""
        parts = self.parts
        with gr.Tab(t("Inbox"), id="inbox") as parts.inbox_tab, gr.Row(elem_classes="sa-split"):
            with gr.Column(scale=1, min_width=260, elem_classes="sa-master"):
                parts.find_inbox = gr.Textbox(label=t("Only those with these words"), max_lines=1)
                parts.inbox = gr.Radio([], label=t("Hand-offs"), container=False, elem_classes="sa-list")
                parts.no_inbox = gr.HTML()
            with gr.Column(scale=2, min_width=300):
                parts.handoff = gr.HTML()
                with gr.Row(elem_classes="sa-actions"):
                    parts.close = gr.Button(t("Done"), size="sm", variant="primary", visible=False)
                    self.asks("delete", "Delete", self.delete, [parts.inbox, parts.find_inbox])
        with (
            gr.Tab(t("Transcripts"), id="transcripts") as parts.visits_tab,
            gr.Row(elem_classes="sa-split"),
        ):
            with gr.Column(scale=1, min_width=260, elem_classes="sa-master"):
                parts.find_visits = gr.Textbox(label=t("Only those with these words"), max_lines=1)
                parts.visits = gr.Radio([], label=t("Transcripts"), container=False, elem_classes="sa-list")
                parts.no_visits = gr.HTML()
            with gr.Column(scale=2, min_width=300):
                parts.visit = gr.HTML()
                self.asks("forget", "Delete", self.forget, [parts.visits, parts.find_visits])

    def wire_inbox(self) -> None:
        """Which handler each event calls."""
        parts = self.parts
        self.on(parts.inbox.input, self.read, [parts.inbox])
        self.on(parts.close.click, self.close, [parts.inbox, parts.find_inbox])
        self.on(parts.visits.input, self.overhear, [parts.visits])
        for again in (parts.inbox_tab.select, parts.find_inbox.submit):  # whoever came meanwhile
            self.on(again, self.look, [parts.inbox, parts.find_inbox])
        for again in (parts.visits_tab.select, parts.find_visits.submit):
            self.on(again, self.hear, [parts.visits, parts.find_visits])

    def look(self, handoff_id: str | None, words: str, request: gr.Request) -> dict:
        """Who waits by now, with these words."""
        return self.handoffs(request, handoff_id, words)

    def hear(self, thread_id: str | None, words: str, request: gr.Request) -> dict:
        """What visitors have said by now, with these words."""
        return self.visits(request, thread_id, words)

    def handoffs(self, request: gr.Request, wish: str | None = None, words: str = "") -> dict:
        """Who waits, and the chosen one."""
        rows = self.app.visits.handoffs(words=words.strip()) if self.may(request, "act") else []
        found = chosen(wish, [row["id"] for row in rows])
        none = empty("Nobody waits", "Visitors who ask to talk to a person appear here with what was said.")
        return {
            "inbox": gr.Radio([(_handoff_label(row), row["id"]) for row in rows], value=found, visible=bool(rows)),
            "no_inbox": gr.HTML(none, visible=not rows),
            **(self.read(found, request) if found else {"handoff": "", "close": gr.Button(visible=False),
                                                       "delete": gr.Button(visible=False),
                                                       "delete_row": gr.Row(visible=False)}),
        }  # fmt: skip

    def read(self, handoff_id: str, request: gr.Request) -> dict:
        """A hand-off was chosen."""
        allow(self.principal(request), "act")
        row = self.app.visits.handoff(handoff_id)
        pairs = [("page", row["origin"]), ("visitor", row["person"]), ("asked (UTC)", moment(row["created_at"])),
                 ("status", say(row["status"]))]  # fmt: skip
        mail = f"<p>{mail_link(row['email'])}</p>"
        message = f"<blockquote>{text(row['message'])}</blockquote>" if row["message"] else ""
        shown = card(
            say("Wants to talk to a person"), mail, message, facts(pairs), transcript(row["transcript"] or [])
        )
        opened = row["status"] == "open"
        return {
            "handoff": shown,
            "close": gr.Button(t("Done") if opened else t("Open again"), visible=True),
            "delete": gr.Button(visible=True),
            "delete_row": gr.Row(visible=False),
        }

    def close(self, handoff_id: str, words: str, request: gr.Request) -> dict:
        """Somebody has answered (or has to, again)."""
        who = self.principal(request)
        allow(who, "act")
        again = bool(self.app.visits.handoffs("closed", only=handoff_id))
        self.app.visits.close(handoff_id, who.user_id, again)
        return self.handoffs(request, handoff_id, words)

    def delete(self, handoff_id: str, words: str, request: gr.Request) -> dict:
        """Delete the hand-off with its address."""
        allow(self.principal(request), "act")
        self.app.visits.delete(handoff_id)
        return self.handoffs(request, words=words)

    def visits(self, request: gr.Request, wish: str | None = None, words: str = "") -> dict:
        """The visitors' conversations, and the chosen one."""
        rows = self.app.visits.transcripts(words=words.strip()) if self.may(request, "act") else []
        found = chosen(wish, [row["id"] for row in rows])
        none = empty(
            "No conversation yet", "What visitors ask on your site appears here, without personal data."
        )
        labels = [(f"{row['title'] or '…'} · {moment(row['updated_at'])}", row["id"]) for row in rows]
        return {
            "visits": gr.Radio(labels, value=found, visible=bool(rows)),
            "no_visits": gr.HTML(none, visible=not rows),
            "forget": gr.Button(visible=bool(rows)),
            "forget_row": gr.Row(visible=False),
            **(self.overhear(found, request) if found else {"visit": ""}),
        }

    def overhear(self, thread_id: str, request: gr.Request) -> dict:
        """A visitor's conversation was chosen."""
        allow(self.principal(request), "act")
        row = next(iter(self.app.visits.transcripts(only=thread_id)), None)
        if row is None:
            return self.visits(request)  # it was deleted meanwhile
        pairs = [
            ("page", row["origin"]),
            ("visitor", row["person"]),
            ("last (UTC)", moment(row["updated_at"])),
        ]
        history = self.app.agent.history(_visitor(row), thread_id)
        lines = [{"role": each.role, "text": each.text} for each in history if each.role != "tool"]
        return {"visit": card(row["title"] or "…", facts(pairs), transcript(lines))}

    def forget(self, thread_id: str, words: str, request: gr.Request) -> dict:
        """Delete a visitor's conversation."""
        allow(self.principal(request), "act")
        if row := next(iter(self.app.visits.transcripts(only=thread_id)), None):
            self.app.agent.forget(_visitor(row), thread_id)
        return self.visits(request, words=words)


def mail_link(address: str) -> str:
    """HTML that begins an e-mail to this address alone: it may hold ? and &, which would name further recipients."""
    return f'<a href="mailto:{quote(address, safe="@")}">{escape(address)}</a>'


def _visitor(row: dict[str, Any]) -> Principal:
    """The visitor whose conversation a transcript is."""
    return Principal(row["user_id"], "visitor", "visitor")


def _handoff_label(row: dict[str, Any]) -> str:
    mark = "●" if row["status"] == "open" else "✓"
    return f"{mark} {row['email']} · {moment(row['created_at'])}"
