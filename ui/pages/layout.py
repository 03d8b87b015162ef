"""The chat page's components and which handler each event calls."""

import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr

from assistant.application import Application
from ui.pages.chat import SAMPLES, ChatPage

METHODS = ["auto", "head", "full", "lora", "dora", "adalora", "few-shot"]
WELCOME = """## What would you like to do?

Drop a file into the box below – a CSV of support tickets, say – and ask *“what is in this file?”*, \
or ask something your documents know."""
EXAMPLES = [SAMPLES, "What can you do?", "Which models do we have?"]
ATTACH = [".csv", ".tsv", ".xlsx", ".jsonl", ".json", ".parquet", ".zip", ".conll", ".txt"] + [
    ".pdf", ".docx", ".md", ".html", ".htm"
]  # fmt: skip
# On a phone the list of conversations would cover the page.
FOLD_SIDEBAR = (
    "() => { if (innerWidth < 768) document.querySelector('.sidebar.open .toggle-button')?.click() }"
)
STYLE = Path(__file__).parent / "style.css"
EDIT = Path(__file__).parent / "edit.js"


def build_pages(app: Application) -> gr.Blocks:
    """The page as Gradio blocks, for :func:`ui.server.build` to mount.

    Args:
        app: the application.
    """
    page, parts = ChatPage(app), Parts()
    with gr.Blocks(title="Startup Assistant", fill_height=True, analytics_enabled=False) as blocks:
        parts.thread, parts.approval = gr.State(None), gr.State(None)
        _sidebar(parts)
        _conversation(parts)
        parts.timer = gr.Timer(1.0, active=False)
        _wire(blocks, page, parts)
    return blocks


def theme() -> gr.themes.Base:
    """Blue, and the reader's own fonts: nothing is fetched from elsewhere."""
    return gr.themes.Default(
        primary_hue="blue",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )


class Parts(SimpleNamespace):
    """The page's components by name; handlers return values under these names."""


def _sidebar(parts: Parts) -> None:
    with gr.Sidebar(width=280, elem_classes="sa-side"):
        gr.HTML('<div class="sa-brand">Startup Assistant</div>')
        parts.new = gr.Button("New conversation", variant="secondary", size="sm")
        parts.threads = gr.Radio(
            choices=[], label="Conversations", elem_id="sa-threads", container=False, type="value"
        )
        gr.HTML(
            '<nav class="sa-links" aria-label="More"><a href="/docs" target="_blank">API</a> '
            '<a href="/sign-out">Sign out</a></nav>'
        )


def _conversation(parts: Parts) -> None:
    parts.chat = gr.Chatbot(
        elem_id="sa-chat",
        show_label=False,
        label="Conversation",
        scale=1,
        height="100%",
        placeholder=WELCOME,
        examples=[{"text": each} for each in EXAMPLES],
        buttons=["copy"],
        editable="user",
        feedback_options=None,
        layout="bubble",
        latex_delimiters=[],
        allow_tags=False,
    )
    with gr.Row(visible=False, elem_classes="sa-ask-row") as parts.ask:
        parts.approve = gr.Button("Approve", variant="primary", size="sm", min_width=80)
        parts.change = gr.Button("Change", size="sm", min_width=80)
        parts.decline = gr.Button("Cancel", size="sm", min_width=80)
    _plan_form(parts)
    with gr.Row(elem_classes="sa-job-row"):
        parts.job = gr.HTML(visible=False, elem_id="sa-job", padding=False)
        parts.stop_job = gr.Button("Stop training", size="sm", visible=False, scale=0, min_width=120)
    parts.box = gr.MultimodalTextbox(
        placeholder="Ask, or drop a file …",
        show_label=False,
        label="Message",
        file_count="multiple",
        file_types=ATTACH,
        sources=["upload"],
        autofocus=True,
        max_lines=8,
        stop_btn=False,
        elem_id="sa-box",
    )


def _plan_form(parts: Parts) -> None:
    with gr.Group(visible=False, elem_classes="sa-form") as parts.form:
        with gr.Row():
            parts.method = gr.Dropdown(METHODS, label="Method", min_width=120)
            parts.epochs = gr.Number(label="Epochs", minimum=0, min_width=120)
            parts.rate = gr.Number(label="Learning rate", minimum=0, min_width=120)
            parts.text_column = gr.Textbox(label="Text column", min_width=120)
            parts.label_column = gr.Textbox(label="Label column", min_width=120)
        parts.update = gr.Button("Update plan", variant="primary", size="sm")


def _wire(blocks: gr.Blocks, page: ChatPage, parts: Parts) -> None:
    outputs = [part for part in vars(parts).values() if isinstance(part, gr.blocks.Block)]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "outputs": outputs}
    talk: dict[str, Any] = quiet | {"concurrency_limit": 16, "concurrency_id": "talk"}
    where = [parts.chat, parts.thread]
    asked = [*where, parts.approval]
    form = [parts.method, parts.epochs, parts.rate, parts.text_column, parts.label_column]

    def on(handler: Callable[..., Any]) -> Callable[..., Any]:
        return _named(handler, parts)

    blocks.load(on(page.load), **quiet)
    blocks.load(None, js=FOLD_SIDEBAR, api_visibility="private")
    blocks.load(None, js=EDIT.read_text(encoding="utf-8"), api_visibility="private")
    blocks.unload(page.left)
    parts.threads.input(on(page.open), [parts.threads], **quiet).then(None, js=FOLD_SIDEBAR)
    parts.new.click(on(page.new), **quiet).then(None, js=FOLD_SIDEBAR)
    parts.box.submit(on(page.send), [parts.box, *where], **talk)
    parts.chat.example_select(on(page.pick_example), where, **talk)
    parts.chat.option_select(on(page.pick_option), where, **talk)
    parts.chat.retry(on(page.retry), [parts.thread], **talk)
    parts.chat.edit(on(page.edit), where, **talk)
    parts.approve.click(on(page.approve), asked, **talk)
    parts.decline.click(on(page.decline), asked, **talk)
    parts.change.click(on(page.plan), [parts.thread], **quiet)
    parts.update.click(on(page.update), [*form, *asked], **talk)
    parts.stop_job.click(on(page.cancel_job), [parts.thread], **quiet)
    parts.timer.tick(on(page.tick), where, **(quiet | {"concurrency_limit": 16, "trigger_mode": "once"}))
    parts.box.stop(on(page.stopped), [parts.thread], **quiet)


def _named(handler: Callable[..., Any], parts: Parts) -> Callable[..., Any]:
    """The handler for Gradio: its results by name become results by component."""

    def components(changed: dict[str, Any]) -> dict[Any, Any]:
        return {getattr(parts, name): value for name, value in changed.items()}

    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def stream(*args: Any) -> Iterator[dict[Any, Any]]:
            for changed in handler(*args):
                yield components(changed)

        return stream

    @functools.wraps(handler)
    def once(*args: Any) -> dict[Any, Any]:
        return components(handler(*args))

    return once
