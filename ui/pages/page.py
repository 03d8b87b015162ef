"""What all pages share: who is signed in, the sidebar with the way to the others, a heading, quiet events."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.access.audit import acting
from assistant.access.principal import Principal
from assistant.access.quotas import TOKENS, tokens_of
from assistant.access.roles import may
from assistant.application import Application
from ui.pages.html import text
from ui.pages.names import NAMES
from ui.pages.wiring import Parts
from ui.pages.words import say, t

HEADING = "<h1>${value}</h1>"


class Page:
    """One page; a subclass builds its components and answers their events.

    Args:
        app: the application.
    """

    path, name = "", ""

    def __init__(self, app: Application):
        self.app = app
        self.parts = Parts()
        self._asking: list[tuple[str, Callable[..., Any], Any]] = []

    def principal(self, request: gr.Request) -> Principal:
        """Who is signed in (the parent app's ``auth_dependency`` has let them in)."""
        row = self.app.users.get(str(request.username))
        who = Principal(row["id"], row["name"], row["role"])
        acting(who, request.client.host if request.client else None)
        return who

    def spend(self, request: gr.Request, *words: str, file: Path | None = None) -> None:
        """Count what a model is about to read for whoever is signed in, as the API does.

        Args:
            request: of whoever is signed in.
            words: texts.
            file: of texts; so many bytes have about a quarter as many tokens.

        Raises:
            TooMany: their tokens of the day are used up.
        """
        who = self.principal(request)
        self.app.quotas.check(who, TOKENS)
        self.app.quotas.add(who, TOKENS, tokens_of(*words) + (file.stat().st_size // 4 if file else 0))

    def may(self, request: gr.Request, action: str) -> bool:
        """Whether whoever is signed in may do this; buttons for what they may not are not shown."""
        return may(self.principal(request), action)

    def on(
        self, trigger: Callable[..., Any], handler: Callable[..., Any], inputs: Any = None, **more: Any
    ) -> Any:
        """Have a handler answer an event; any component of the page may change by it."""
        quiet = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": 8}
        return trigger(self.parts.on(handler), inputs, self.parts.all, **(quiet | more))

    def asks(self, name: str, words: str, handler: Callable[..., Any], inputs: Any = None) -> None:
        """A button that asks back before it does what cannot be undone.

        Args:
            name: the button's among the parts; ``NAME_row`` asks back.
            words: what stands on it.
            handler: what happens after the yes.
            inputs: the handler's.
        """
        parts = self.parts
        button = gr.Button(t(words), size="sm", variant="stop", visible=False, elem_classes="sa-small")
        with gr.Row(visible=False, elem_classes="sa-sure") as row:
            gr.HTML(t("This cannot be undone."), html_template="<p>${value}</p>")
            yes = gr.Button(t(words), size="sm", variant="stop", elem_classes="sa-small")
            no = gr.Button(t("Keep it"), size="sm", elem_classes="sa-small")
        for part, made in (("", button), ("_row", row), ("_yes", yes), ("_no", no)):
            setattr(parts, name + part, made)
        self._asking.append((name, handler, inputs))

    def finish(self) -> None:
        """Wire the buttons that ask back; called when all components are there."""
        for name, handler, inputs in self._asking:
            parts = vars(self.parts)
            for part, shown in (("", True), ("_no", False)):
                parts[name + part].click(
                    functools.partial(_shown, shown), None, parts[f"{name}_row"], show_progress="hidden",
                    api_visibility="private",
                )  # fmt: skip
            self.on(parts[f"{name}_yes"].click, handler, inputs)

    def sidebar(self, blocks: gr.Blocks, more: Callable[[], None] | None = None) -> None:
        """The way to the other pages, and below it what belongs to this one.

        Args:
            blocks: the page.
            more: makes what stands below.
        """
        gr.Navbar(visible=False)
        with gr.Sidebar(width=264, elem_classes="sa-side"):
            gr.HTML('<a class="sa-brand" href="/">Startup Assistant</a>')
            with gr.Column(elem_classes="sa-nav"):
                for path, name in NAMES:
                    here = "sa-here" if path == self.path else ""
                    gr.Button(t(name), link=f"/{path}", size="sm", elem_classes=here)
            if more:
                more()
            with gr.Row(elem_classes="sa-foot"):
                gr.Button(t("API"), link="/docs", link_target="_blank", size="sm")
                gr.Button(t("Sign out"), link="/sign-out", size="sm")

    def host(self, request: gr.Request) -> str:
        """This server's address as people reach it; empty where it is not known."""
        named = request.headers.get("host", "")
        return self.app.settings.public_url.rstrip("/") or (
            f"{request.url.scheme}://{named}" if named else ""
        )

    def heading(self, words: str, below: str) -> None:
        """The page's name, and in a line what it is for."""
        gr.HTML(t(words), html_template=HEADING, elem_classes="sa-h1")
        gr.HTML(t(below), html_template="<p>${value}</p>", elem_classes="sa-lead")


def _shown(shown: bool) -> gr.Row:
    return gr.Row(visible=shown)


def empty(title: str, hint: str) -> str:
    """What stands where there is nothing yet: what it would be, and what to do next."""
    return f'<div class="sa-empty"><b>{text(say(title))}</b><p>{text(say(hint))}</p></div>'


def moment(when: str | None) -> str:
    """A stored time as people read it, to the minute, in UTC."""
    return (when or "")[:16].replace("T", " ")


def chosen(wish: str | None, names: list[str]) -> str | None:
    """What stays chosen in a list that has changed: the same as before where it is still there, else the first."""
    return wish if wish in names else next(iter(names), None)
