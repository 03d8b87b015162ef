"""A first run's tour: three steps on the sample data, each one click. Where it stands follows from what was said."""

import gradio as gr

from assistant.access.principal import Principal
from assistant.access.roles import may
from assistant.agent.history import Entry
from assistant.workspace.samples import TICKETS
from ui.pages.html import text
from ui.pages.view import View
from ui.pages.words import ZH, say, t

# What the button says, and what it sends. The first, which the chat page knows by its words, loads the samples and asks
# what is in them; the second has no translation: what it asks is answered in English documents.
STEPS = (
    ("Load the sample workspace", "Load the sample workspace"),
    ("Ask the help centre a question", "How long do refunds take?"),
    ("Fine-tune a classifier on the tickets", "Fine-tune a classifier on it"),
)


class Tour(View):
    """The band above the message box that leads through the product once."""

    def build_tour(self) -> None:
        """Where it stands, its button, and the way out."""
        parts = self.parts
        with gr.Row(visible=False, elem_classes="sa-tour", elem_id="sa-tour") as parts.tour:
            parts.tour_told = gr.HTML(min_width=200)
            parts.tour_go = gr.Button(t(STEPS[0][0]), variant="primary", size="sm", elem_classes="sa-small")
            parts.tour_end = gr.Button(t("Skip the tour"), size="sm", elem_classes="sa-small")

    def tour_parts(self, who: Principal, thread: str | None, lines: list[Entry]) -> dict:
        """The tour as it stands in the open conversation."""
        step = self._step(who, thread, lines)
        if step is None:
            return {"tour": gr.Row(visible=False)}
        dots = "".join(f'<i class="{"sa-on" if place <= step else ""}"></i>' for place in range(len(STEPS)))
        told = say("A first look, step {n} of {of}", n=step + 1, of=len(STEPS))
        return {
            "tour": gr.Row(visible=True),
            "tour_told": f'<p><span class="sa-dots" aria-hidden="true">{dots}</span> {text(told)}</p>',
            "tour_go": gr.Button(t(STEPS[step][0])),
        }

    def tour_words(self, who: Principal, thread: str | None) -> str:
        """What the next step says."""
        lines = self.app.agent.history(who, thread) if thread else []
        step = self._step(who, thread, lines) or 0
        return say(STEPS[step][1])

    def _step(self, who: Principal, thread: str | None, lines: list[Entry]) -> int | None:
        """How far it is; None where it is over, or not begun by somebody who has talked and has data to work with."""
        if not may(who, "act"):
            return None
        said = [each.text for each in lines if each.role == "user"]
        if not any(TICKETS in each for each in said):
            new = thread is None and not self.app.agent.threads.list(who.user_id)
            return 0 if new or not self.app.workspace(who).datasets() else None
        done = 1 + sum(words in said or ZH.get(words) in said for _, words in STEPS[1:])
        return done if done < len(STEPS) else None
