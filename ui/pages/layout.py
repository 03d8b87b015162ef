"""The chat page's components and which handler each event calls."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.application import Application
from assistant.workspace.files import DATASETS, DOCUMENTS
from knowledge.load.picture import SUFFIXES as PICTURES
from ui.pages.chat import ChatPage
from ui.pages.data import DataPage
from ui.pages.documents import KnowledgePage
from ui.pages.jobs import JobsPage
from ui.pages.models import ModelsPage
from ui.pages.settings import SettingsPage
from ui.pages.widgets import WidgetPage
from ui.pages.wiring import Parts
from ui.pages.words import t

WELCOME = """## What would you like to do?

Drop a file into the box below – a CSV of support tickets, say – and ask *“what is in this file?”*, \
or ask something your documents know."""
ATTACH = sorted({*DATASETS, *DOCUMENTS, *PICTURES})
COPIES = (
    3600,
    86400,
)  # seconds: how often Gradio's own copies of files are looked through, and how old one gets
# On a phone the list of conversations would cover the page.
FOLD_SIDEBAR = (
    "() => { if (innerWidth < 768) document.querySelector('.sidebar.open .toggle-button')?.click() }"
)
# While an answer comes in one conversation, another can be talked in: the server sees that it is one at a time in each.
TALK: dict[str, Any] = {"concurrency_limit": 16, "concurrency_id": "talk", "trigger_mode": "multiple"}
# A reload opens the conversation again that is open now.
ADDRESS = """(thread) => {
  const address = new URL(location);
  if (thread) address.searchParams.set("thread", thread);
  else address.searchParams.delete("thread");
  history.replaceState(history.state, "", address);
}"""
END_TOUR = "() => { localStorage.setItem('sa-toured', '1'); document.body.classList.add('sa-toured') }"
STYLE = Path(__file__).parent / "style.css"
EDIT = Path(__file__).parent / "edit.js"


def build_pages(app: Application) -> gr.Blocks:
    """The page as Gradio blocks, for :func:`ui.server.build` to mount.

    Args:
        app: the application.
    """
    page = ChatPage(app)
    parts = page.parts
    with gr.Blocks(
        title="Startup Assistant", fill_height=True, analytics_enabled=False, delete_cache=COPIES
    ) as blocks:
        parts.thread, parts.approval = gr.State(None), gr.State(None)
        parts.address = gr.Textbox(visible="hidden", label="address", elem_id="sa-address")
        page.sidebar(blocks, page.build_threads)
        _conversation(page)
        parts.timer = gr.Timer(1.0, active=False)
        _wire(blocks, page, parts)
    for kind in (DataPage, JobsPage, ModelsPage, KnowledgePage, WidgetPage, SettingsPage):
        other = kind(app)
        with blocks.route(other.name, f"/{other.path}"):
            other.sidebar(blocks)
            with gr.Column(elem_classes="sa-page"):
                other.build()
            other.wire(blocks)
            blocks.load(None, js=FOLD_SIDEBAR, api_visibility="private")
    return blocks


def theme() -> gr.themes.Base:
    """Blue that is dark enough to be read, and the reader's own fonts: nothing is fetched from elsewhere."""
    return gr.themes.Default(
        primary_hue="blue",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(
        body_text_color_subdued="*neutral_500",  # Gradio's own are too pale to be read
        body_text_color_subdued_dark="*neutral_400",
        link_text_color_dark="*primary_300",
        link_text_color_visited_dark="*primary_300",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
    )


def _conversation(page: ChatPage) -> None:
    parts = page.parts
    parts.chat = gr.Chatbot(
        elem_id="sa-chat",
        show_label=False,
        label=t("Conversation"),
        scale=1,
        height="100%",
        placeholder=t(WELCOME),
        buttons=["copy"],
        editable="user",
        feedback_options=("Like", "Dislike"),
        layout="bubble",
        latex_delimiters=[],
        allow_tags=False,
    )
    page.build_approving()
    page.build_thumbs()
    with gr.Row(elem_classes="sa-job-row"):
        parts.job = gr.HTML(visible=False, elem_id="sa-job", padding=False)
        parts.stop_job = gr.Button(t("Stop this job"), size="sm", visible=False, scale=0, min_width=120)
    page.build_tour()
    page.build_previews()
    parts.box = gr.MultimodalTextbox(
        placeholder=t("Ask, or drop a file …"),
        show_label=False,
        label=t("Message"),
        file_count="multiple",
        file_types=ATTACH,
        sources=["upload"],
        autofocus=True,
        max_lines=8,
        stop_btn=False,
        elem_id="sa-box",
    )


def _wire(blocks: gr.Blocks, page: ChatPage, parts: Parts) -> None:
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "outputs": parts.all}
    talk: dict[str, Any] = quiet | TALK
    where = [parts.chat, parts.thread]
    on = parts.on

    def says(handler: Callable[..., Iterator[dict]]) -> Callable[..., Any]:
        return on(page.alone(handler))

    blocks.load(on(page.load), **quiet)
    blocks.load(None, js=FOLD_SIDEBAR, api_visibility="private")
    blocks.load(None, js=EDIT.read_text(encoding="utf-8"), api_visibility="private")
    blocks.unload(page.left)
    parts.address.change(None, parts.address, js=ADDRESS, api_visibility="private", show_progress="hidden")
    parts.threads.input(on(page.open), [parts.threads], **quiet).then(None, js=FOLD_SIDEBAR)
    parts.new.click(on(page.new), **quiet).then(None, js=FOLD_SIDEBAR)
    parts.box.submit(says(page.send), [parts.box, *where], **talk)
    parts.chat.example_select(says(page.pick_example), where, **talk)
    parts.chat.option_select(says(page.pick_option), where, **talk)
    parts.chat.retry(says(page.retry), [parts.thread], **talk)
    parts.chat.edit(says(page.edit), where, **talk)
    parts.tour_go.click(says(page.step), where, **talk)
    parts.tour_end.click(None, js=END_TOUR, api_visibility="private")
    parts.stop_job.click(on(page.cancel_job), [parts.thread], **quiet)
    parts.timer.tick(on(page.tick), where, **(quiet | {"concurrency_limit": 16, "trigger_mode": "once"}))
    parts.box.stop(on(page.stopped), [parts.thread], **quiet)
    page.wire_approving(TALK)
    page.wire_threads()
    page.wire_thumbs()
    page.wire_previews()
