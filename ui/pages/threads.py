"""What can be done with a whole conversation on the chat page: find, rename, share, take away, delete."""

from typing import Any

import gradio as gr

from assistant.access.principal import Principal
from assistant.agent.finding import found
from ui.pages.html import text
from ui.pages.view import View
from ui.pages.words import say, t


class ThreadActions(View):
    """The list of conversations and what its entries offer."""

    def build_threads(self) -> None:
        """The list on the left, and what can be done with the open conversation."""
        parts = self.parts
        parts.new = gr.Button(t("New conversation"), variant="secondary", size="sm", elem_id="sa-new")
        parts.find = gr.Textbox(
            placeholder=t("Search conversations"), label=t("Search conversations"), show_label=False, container=False,
            max_lines=1, elem_id="sa-find", visible=False,
        )  # fmt: skip
        parts.threads = gr.Radio([], label=t("Conversations"), elem_id="sa-threads", container=False)
        with gr.Accordion(
            t("This conversation"), open=False, visible=False, elem_id="sa-thread"
        ) as parts.thread_menu:
            parts.title = gr.Textbox(label=t("Title"), max_lines=1, max_length=120, submit_btn=True)
            parts.links = gr.HTML()
            with gr.Row(elem_classes="sa-actions"):
                parts.share = gr.Button(t("Share with the team"), size="sm")
                parts.unshare = gr.Button(t("Stop sharing"), size="sm", visible=False)
                self.asks("delete_thread", "Delete this conversation", self.delete_thread, [parts.thread])

    def wire_threads(self) -> None:
        """Which handler each event calls."""
        parts = self.parts
        self.on(parts.find.change, self.find, [parts.find, parts.thread], trigger_mode="always_last")
        self.on(parts.title.submit, self.rename, [parts.title, parts.thread])
        self.on(parts.share.click, self.share, [parts.thread])
        self.on(parts.unshare.click, self.unshare, [parts.thread])
        self.finish()

    def open(self, thread: str | None, request: gr.Request) -> dict:
        """Another conversation is shown; the page has it."""
        raise NotImplementedError

    def find(self, words: str | None, thread: str | None, request: gr.Request) -> dict:
        """The conversations that hold all words, in their title or in what was said."""
        rows = found(self.app.agent, self.principal(request), words or "")
        shown = [(row["title"] or say("New conversation"), row["id"]) for row in rows]
        return {"threads": gr.Radio(shown, value=thread if thread in {id_ for _, id_ in shown} else None)}

    def rename(self, title: str, thread: str | None, request: gr.Request) -> dict:
        """Another title; personal data in it is taken out."""
        who = self.principal(request)
        if not thread:
            return {}
        kept = str(self.app.redactor.redact(title)["text"])
        row = self.app.agent.threads.rename(thread, who.user_id, kept)
        return {"title": row["title"], "threads": gr.Radio(self.titles(who), value=thread)}

    def share(self, thread: str, request: gr.Request) -> dict:
        """Others of the team may read it by its link."""
        self.app.shares.share(thread, self.principal(request).user_id)
        return self.thread_parts(self.principal(request), thread)

    def unshare(self, thread: str, request: gr.Request) -> dict:
        """The link is dead from now on."""
        self.app.shares.end(thread, self.principal(request).user_id)
        return self.thread_parts(self.principal(request), thread)

    def delete_thread(self, thread: str, request: gr.Request) -> dict:
        """The conversation goes, with all that was said; the one used before it opens."""
        who = self.principal(request)
        self.app.agent.forget(who, thread)
        titles = self.titles(who)
        return self.open(titles[0][1] if titles else None, request)

    def thread_parts(self, who: Principal, thread: str | None) -> dict[str, Any]:
        """What the menu shows of the open conversation."""
        titles = {id_: title for title, id_ in self.titles(who)}
        if thread not in titles:
            return {"thread_menu": gr.Accordion(visible=False), "find": gr.Textbox(visible=len(titles) > 1)}
        shared = self.app.shares.of(thread)
        export = f"/v1/conversations/{text(thread)}/export"
        links = [(f"{export}?form=markdown", "Markdown"), (f"{export}?form=json", "JSON")]
        shown = " · ".join(f'<a href="{address}" download>{name}</a>' for address, name in links)
        told = f"<p>{text(say('Download'))}: {shown}</p>"
        if shared:
            told += f'<p><a href="/shared/{text(shared)}" target="_blank">{text(say("The link for the team"))}</a></p>'
        return {
            "thread_menu": gr.Accordion(visible=True),
            "find": gr.Textbox(visible=len(titles) > 1),
            "title": titles[thread],
            "links": told,
            "share": gr.Button(visible=not shared),
            "unshare": gr.Button(visible=bool(shared)),
            "delete_thread": gr.Button(visible=True),
            "delete_thread_row": gr.Row(visible=False),
        }
