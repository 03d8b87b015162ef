"""The page of the models: the registry, each model's card and figures, trying and explaining it, service, lineage."""

from typing import Any

import gradio as gr

from assistant.access.roles import allow
from tools.serving.routes import route_of
from tools.workspace import ModelEntry
from ui.pages.about_model import card_text, lineage, overview
from ui.pages.cards import result_card
from ui.pages.html import card, text
from ui.pages.jobs import numbers
from ui.pages.page import Page, chosen, empty
from ui.pages.words import say, t

LONGEST = 4000  # characters that are tried
PICTURES = "image-classification"
SHOWN = 8  # numbers of an embedding


class ModelsPage(Page):
    """Models on the left; on the right the chosen one."""

    path, name = "models", "Models"

    def build(self) -> None:
        """The components."""
        parts = self.parts
        self.heading("Models", "Your fine-tuned models: how good they are, and what they say.")
        with gr.Row(elem_classes="sa-split"):
            with gr.Column(scale=1, min_width=240, elem_classes="sa-master"):
                parts.models = gr.Radio([], label=t("Models"), container=False, elem_classes="sa-list")
                parts.none = gr.HTML(visible=False)
            with gr.Column(scale=3, min_width=300), gr.Tabs(visible=False) as parts.tabs:
                with gr.Tab(t("Overview")):
                    parts.version = gr.Dropdown([], label=t("Version"), visible=False)
                    parts.about = gr.HTML(min_height=120)
                    self._service()
                with gr.Tab(t("Try it")):
                    parts.text = gr.Textbox(
                        label=t("A text"), lines=3, max_lines=8, max_length=LONGEST, elem_id="sa-try"
                    )
                    parts.other = gr.Textbox(
                        label=t("The other text"),
                        lines=3,
                        max_lines=8,
                        max_length=LONGEST,
                        visible=False,
                    )
                    parts.picture = gr.Image(
                        label=t("A picture"), type="filepath", sources=["upload"], height=240, visible=False
                    )
                    with gr.Row(elem_classes="sa-actions"):
                        parts.predict = gr.Button(t("Predict"), variant="primary", size="sm")
                        parts.explain = gr.Button(t("Explain"), size="sm")
                    parts.said = gr.HTML()
                with gr.Tab(t("As a whole"), visible=False) as parts.whole_tab:
                    parts.rows = gr.Dropdown([], label=t("Rows with labels that it has not learned from"))
                    parts.overview = gr.Button(
                        t("Explain the model as a whole"), size="sm", elem_classes="sa-small"
                    )
                    parts.whole = gr.HTML(elem_classes="sa-prose")
                with gr.Tab(t("Lineage")):
                    parts.lineage = gr.HTML()
                with gr.Tab(t("Card")):
                    parts.card = gr.Markdown(elem_classes="sa-prose", sanitize_html=True)

    def _service(self) -> None:
        with gr.Row(elem_classes="sa-actions"):
            for name, words in (
                ("deploy", "Deploy"),
                ("undeploy", "Take out of service"),
                ("rollback", "Roll back"),
            ):
                setattr(
                    self.parts,
                    name,
                    gr.Button(
                        t(words),
                        size="sm",
                        variant="primary" if name == "deploy" else "secondary",
                        visible=False,
                    ),
                )
            self.asks("delete", "Delete this model", self.delete, [self.parts.models])

    def wire(self, blocks: gr.Blocks) -> None:
        """Which handler each event calls."""
        parts = self.parts
        self.on(blocks.load, self.load)
        self.on(parts.models.input, self.open, [parts.models])
        self.on(parts.version.input, self.open_version, [parts.version])
        which = [parts.models, parts.version]
        self.on(parts.deploy.click, self.deploy, which, show_progress="minimal")
        self.on(parts.undeploy.click, self.undeploy, which, show_progress="minimal")
        self.on(parts.rollback.click, self.rollback, which, show_progress="minimal")
        tried = [*which, parts.text, parts.picture]
        self.on(parts.predict.click, self.predict, tried, show_progress="minimal")
        self.on(parts.explain.click, self.explain, [*tried, parts.other], show_progress="minimal")
        self.on(parts.overview.click, self.overview, [*which, parts.rows], show_progress="minimal")
        self.finish()

    def load(self, request: gr.Request) -> dict:
        """The page opens, at the model that its address names or the newest one."""
        return self.listed(request, request.query_params.get("name"))

    def listed(self, request: gr.Request, wish: str | None = None) -> dict:
        """The list and the chosen model."""
        entries = self.app.registry.all()
        found = chosen(wish, [each.name for each in entries])
        none = empty(
            "No model yet", "Open the chat, drop a file and ask to fine-tune a model; it appears here."
        )
        return {
            "models": gr.Radio(
                [(_label(each), each.name) for each in entries], value=found, visible=bool(entries)
            ),
            "none": gr.HTML(none, visible=not entries),
            "tabs": gr.Tabs(visible=bool(entries)),
            **(self.open(found, request) if found else {}),
        }

    def open(self, name: str, request: gr.Request) -> dict:
        """A model was chosen: the version that its plain name means."""
        versions = self.app.registry.versions(name)
        return {
            "version": gr.Dropdown(
                [(_version(each), each.pinned) for each in versions],
                value=self.app.registry.get(name).pinned,
                visible=len(versions) > 1,
            ),
            "said": "",
            "whole": "",
            "rows": gr.Dropdown(self.app.workspace(self.principal(request)).datasets()),
            **self.open_version(self.app.registry.get(name).pinned, request),
        }

    def open_version(self, pinned: str, request: gr.Request) -> dict:
        """A version was chosen."""
        entry = self.app.registry.get(pinned)
        act = self.may(request, "approve")
        deployed = entry.status == "deployed"
        return {
            "text": gr.Textbox(visible=entry.task != PICTURES),
            "picture": gr.Image(visible=entry.task == PICTURES),
            "other": gr.Textbox(visible=entry.task == "embedding"),
            "whole_tab": gr.Tab(visible=entry.task == "text-classification"),
            "about": overview(entry),
            "lineage": lineage(self.app.registry.lineage(entry), self.app.registry.history(entry.name)),
            "card": card_text(entry),
            "deploy": gr.Button(visible=act and not deployed),
            "undeploy": gr.Button(visible=act and deployed),
            "rollback": gr.Button(visible=act and deployed and entry.newest > 1),
            "delete": gr.Button(visible=act and not deployed),
            "delete_row": gr.Row(visible=False),
        }

    def deploy(self, name: str, version: str | None, request: gr.Request) -> dict:
        """Put the version into service; the click is the approval."""
        entry = self.app.workspace(self.principal(request)).deploy(version or name)
        gr.Info(say("{name} answers at {route} now.", name=name, route=route_of(entry.task)), title="")
        return self.listed(request, name)

    def undeploy(self, name: str, version: str | None, request: gr.Request) -> dict:
        """Take the model out of service."""
        self.app.workspace(self.principal(request)).undeploy(name)
        return self.listed(request, name)

    def rollback(self, name: str, version: str | None, request: gr.Request) -> dict:
        """The version before answers again."""
        self.app.workspace(self.principal(request)).rollback(name)
        return self.listed(request, name)

    def delete(self, name: str, request: gr.Request) -> dict:
        """Delete the model with all its versions."""
        self.app.workspace(self.principal(request)).delete(name)
        return self.listed(request)

    def predict(
        self, name: str, version: str | None, words: str | None, picture: str | None, request: gr.Request
    ) -> dict:
        """What the model says to a text or a picture."""
        allow(self.principal(request), "read")
        predictor = self.app.workspace(self.principal(request)).predictor(version or name)
        subject = picture if predictor.task == PICTURES else words
        if not (subject or "").strip():
            return {"said": _nothing()}
        self.spend(request, words or "")
        said = predictor.predict([str(subject)])[0]
        shown = "" if predictor.task == PICTURES else subject
        return {"said": result_card("predict", {"text": shown, "predictions": [said]}) or _plain(said)}

    def explain(
        self,
        name: str,
        version: str | None,
        words: str | None,
        picture: str | None,
        other: str | None,
        request: gr.Request,
    ) -> dict:
        """Which words drove it, or matched; which parts of a picture."""
        from tools.catalog.models import explain_prediction
        from tools.explain.explain import explain

        workspace, about = self.app.workspace(self.principal(request)), version or name
        task = self.app.registry.get(about).task
        subject = picture if task == PICTURES else words
        if not (subject or "").strip():
            return {"said": _nothing()}
        self.spend(request, words or "", other or "")
        if task == PICTURES:  # drawn in place, and not kept
            found = explain(workspace.predictor(about), str(subject))
        else:
            beside = other or None if task == "embedding" else None
            found = explain_prediction(workspace, about, str(subject), other=beside)
        return {"said": result_card("explain_prediction", found)}

    def overview(self, name: str, version: str | None, data: str | None, request: gr.Request) -> dict:
        """What drives the model as a whole, over rows with labels."""
        from tools.explain.overview import overview as explained
        from tools.explain.overview_page import overview_body

        if not data:
            return {"whole": empty("No rows yet", "Choose a dataset above.")}
        allow(self.principal(request), "read")
        workspace, about = self.app.workspace(self.principal(request)), version or name
        info, rows = self.app.registry.get(about).info, workspace.dataset(data)
        self.spend(request, file=rows)
        found = explained(workspace.predictor(about), info, rows)
        return {"whole": overview_body(found, say)}


def _nothing() -> str:
    return empty("Nothing to look at", "Type or paste a text above, or choose a picture.")


def _plain(prediction: dict[str, Any]) -> str:
    """What a model that gives no labels says: its words, or how its vector begins."""
    if vector := prediction.get("embedding"):
        begins = ", ".join(f"{each:.4f}" for each in vector[:SHOWN])
        return card(say("A vector of {n} numbers", n=len(vector)), f"<p>{text(begins)} …</p>")
    said = str(prediction.get("text") or "")[:LONGEST]
    return card(say("It says"), f'<p class="sa-said">{text(said)}</p>')


def _label(entry: ModelEntry) -> str:
    mark = "● " if entry.status == "deployed" else ""
    return f"{mark}{entry.name} · {_quality(entry) or entry.task}"


def _version(entry: ModelEntry) -> str:
    aliases = f" · {', '.join(entry.aliases)}" if entry.aliases else ""
    return f"@{entry.version} · {_quality(entry)}{aliases}"


def _quality(entry: ModelEntry) -> str:
    return next(
        (value for key, value in numbers(entry.metrics) if key in ("accuracy", "f1", "perplexity")), ""
    )
