"""The page of the support widget: keys and their origins, its look and the line to paste, transcripts, the inbox."""

import re
from html import escape
from typing import Any

import gradio as gr

from assistant.access.roles import allow
from assistant.api.visitors import VisitorTokens
from ui.pages.html import details, text
from ui.pages.inbox import Inbox
from ui.pages.page import chosen, empty
from ui.pages.words import say, t

HERE = "https://YOUR-HOST"
HEX = re.compile(r"#[0-9a-fA-F]{3,8}")


class WidgetPage(Inbox):
    """Keys on the left; on the right the line to paste, what visitors asked, and who wants to talk to a person."""

    path, name = "widgets", "Widget"

    def build(self) -> None:
        """The components."""
        parts = self.parts
        self.heading("Widget", "The chat on your site: where it may run, how it looks, what visitors say.")
        parts.secret = gr.State("")
        with gr.Tabs() as parts.tabs:
            with gr.Tab(t("Set up"), id="setup"), gr.Row(elem_classes="sa-split"):
                with gr.Column(scale=1, min_width=260, elem_classes="sa-master"):
                    self._keys()
                with gr.Column(scale=2, min_width=300):
                    self._look()
            self.build_inbox()

    def _keys(self) -> None:
        parts = self.parts
        parts.keys = gr.Radio([], label=t("Keys"), container=False, elem_classes="sa-list")
        parts.no_keys = gr.HTML()
        parts.origins = gr.Textbox(
            label=t("Origins of your pages, one a line"),
            placeholder="https://www.your.site",
            lines=2,
            max_lines=6,
        )
        with gr.Row(elem_classes="sa-actions"):
            parts.change = gr.Button(t("Save the origins"), size="sm", visible=False)
            parts.create = gr.Button(t("Make a key"), size="sm", variant="primary")
            self.asks("revoke", "Revoke this key", self.revoke, [parts.keys])

    def _look(self) -> None:
        parts = self.parts
        with gr.Row():
            parts.title = gr.Textbox(label=t("Title"), max_lines=1, max_length=60, min_width=140)
            parts.color = gr.ColorPicker(label=t("Colour"), value="#2563c9", min_width=100)
            parts.side = gr.Dropdown(
                [(t("right"), "right"), (t("left"), "left")], value="right", label=t("Side"), min_width=100
            )
            parts.locale = gr.Dropdown(
                [(t("the visitor's"), ""), "en", "zh"], value="", label=t("Language"), min_width=150
            )
        parts.greeting = gr.Textbox(label=t("Greeting"), max_lines=2, max_length=200)
        parts.questions = gr.Textbox(label=t("Suggested questions, one a line"), lines=2, max_lines=4)
        parts.snippet = gr.Textbox(
            label=t("Paste this line into your pages"), lines=3, interactive=False, buttons=["copy"],
            elem_id="sa-snippet",
        )  # fmt: skip
        parts.about = gr.HTML()

    def wire(self, blocks: gr.Blocks) -> None:
        """Which handler each event calls."""
        parts = self.parts
        look = [
            parts.secret,
            parts.title,
            parts.color,
            parts.side,
            parts.locale,
            parts.greeting,
            parts.questions,
        ]
        self.on(blocks.load, self.load)
        self.on(parts.keys.input, self.open, [parts.keys])
        self.on(parts.create.click, self.create, [parts.origins])
        self.on(parts.change.click, self.change_origins, [parts.keys, parts.origins, parts.secret])
        for part in look:
            self.on(part.change, self.snippet, look, trigger_mode="always_last")
        self.wire_inbox()
        self.finish()

    # Keys and look

    def load(self, request: gr.Request) -> dict:
        """The page opens."""
        tab = request.query_params.get("tab") or "setup"
        return {
            **self.listed(request),
            **self.handoffs(request),
            **self.visits(request),
            "tabs": gr.Tabs(selected=tab),
            **self.snippet("", "", "", "", "", "", "", request),
        }

    def _live(self) -> list[dict[str, Any]]:
        return [row for row in self.app.keys.list() if row["role"] == "visitor" and not row["revoked_at"]]

    def listed(self, request: gr.Request, wish: str | None = None, secret: str = "") -> dict:
        """The live keys, and the chosen one; ``secret`` is its, where it was just made."""
        rows = self._live()
        found = chosen(wish, [row["id"] for row in rows])
        none = empty(
            "No widget key yet", "Type the origin of your site, such as https://www.your.site, and make one."
        )
        return {
            "keys": gr.Radio([(_key_label(row), row["id"]) for row in rows], value=found, visible=bool(rows)),
            "no_keys": gr.HTML(none, visible=not rows),
            "create": gr.Button(visible=self.may(request, "manage")),
            "change": gr.Button(visible=bool(rows) and self.may(request, "manage")),
            "revoke": gr.Button(visible=bool(rows) and self.may(request, "manage")),
            "revoke_row": gr.Row(visible=False),
            **(self.open(found, request) if found else {"about": ""}),
            "secret": secret,
        }

    def open(self, key_id: str, request: gr.Request) -> dict:
        """A key was chosen."""
        row = next((row for row in self._live() if row["id"] == key_id), None)
        if row is None:
            return self.listed(request)  # it was revoked meanwhile
        return {
            "secret": "",
            "origins": "\n".join(row["origins"] or []),
            "about": self._identity(key_id, request),
        }

    def _identity(self, key_id: str, request: gr.Request) -> str:
        """How the site says who its visitor is, with the secret for it; admins alone see that."""
        if not self.may(request, "manage"):
            return ""
        secret = VisitorTokens(self.app.home).identity_secret(key_id)
        how = say(
            "Sign the visitor's id and the time with this secret on your server; keep it out of your pages."
        )
        return details(
            say("Secret for identify()"),
            f'<p class="sa-more">{text(how)}</p><code class="sa-secret">{secret}</code>',
        )

    def create(self, origins: str, request: gr.Request) -> dict:
        """Make a key for the typed origins; it stands in the line this once."""
        who = self.principal(request)
        allow(who, "manage")
        made = self.app.keys.create(widget=True, origins=_lines(origins), user_id=None, made_by=who.user_id)
        gr.Info(say("The line below holds the new key. Copy it now: it is shown this once."), title="")
        return self.listed(request, made["id"], made["secret"])

    def change_origins(self, key_id: str, origins: str, secret: str, request: gr.Request) -> dict:
        """The key answers other pages from now on."""
        allow(self.principal(request), "manage")
        self.app.keys.set_origins(key_id, _lines(origins))
        gr.Info(say("Saved."), title="")
        return self.listed(request, key_id, secret)

    def revoke(self, key_id: str, request: gr.Request) -> dict:
        """End the key."""
        allow(self.principal(request), "manage")
        self.app.keys.revoke(key_id)
        return self.listed(request)

    def snippet(
        self, secret: str, title: str, color: str, side: str, locale: str, greeting: str, questions: str,
        request: gr.Request,
    ) -> dict:  # fmt: skip
        """The line for the look as it is chosen."""
        look = {
            "title": title,
            "greeting": greeting,
            "color": color if color != "#2563c9" and HEX.fullmatch(color or "") else "",
            "position": side if side == "left" else "",
            "locale": locale,
            "questions": "|".join(_lines(questions)),
        }
        return {"snippet": line(secret, look, self.host(request) or HERE)}


def line(secret: str, look: dict[str, Any], host: str = HERE) -> str:
    """The line for a page.

    Args:
        secret: the key; a place-holder where it is not known any more.
        look: attributes by their names without ``data-``; empty ones are left out.
        host: this server's address.
    """
    attributes = "".join(f' data-{name}="{escape(str(value))}"' for name, value in look.items() if value)
    return f'<script src="{host}/widget.js" data-key="{secret or "pk_…"}"{attributes} async></script>'


def _lines(typed: str | None) -> list[str]:
    return [each for each in re.split(r"[\s,]*\n\s*", (typed or "").strip()) if each]


def _key_label(row: dict[str, Any]) -> str:
    return f"{row['hint']} · {', '.join(row['origins'] or [])}"
