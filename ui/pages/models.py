"""The page of the models: the registry, each model's card and figures, trying and explaining it, service, lineage."""

from typing import Any
from urllib.parse import quote

import gradio as gr

from assistant.access.roles import allow
from knowledge.errors import TeachingError
from tools.models.card import CARD
from tools.serving.routes import route_of
from tools.workspace import ModelEntry
from ui.pages.cards import result_card
from ui.pages.html import Raw, bars, card, details, facts, percent, table, text
from ui.pages.jobs import numbers
from ui.pages.page import Page, chosen, empty, moment
from ui.pages.words import say, t

LONGEST = 4000  # characters that are tried


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
                    with gr.Row(elem_classes="sa-actions"):
                        parts.predict = gr.Button(t("Predict"), variant="primary", size="sm")
                        parts.explain = gr.Button(t("Explain"), size="sm")
                    parts.said = gr.HTML()
                with gr.Tab(t("As a whole"), visible=False) as parts.whole_tab:
                    parts.rows = gr.Dropdown([], label=t("Rows with labels that it has not learned from"))
                    parts.overview = gr.Button(t("Explain the model as a whole"), size="sm")
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
        tried = [*which, parts.text]
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
            "other": gr.Textbox(visible=entry.task == "embedding"),
            "whole_tab": gr.Tab(visible=entry.task == "text-classification"),
            "about": overview(entry),
            "lineage": lineage(self.app.registry.lineage(entry), self.app.registry.history(entry.name)),
            "card": _card_text(entry),
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

    def predict(self, name: str, version: str | None, words: str | None, request: gr.Request) -> dict:
        """What the model says to a text."""
        from tools.catalog.models import predict

        if not (words or "").strip():
            return {"said": empty("Nothing to look at", "Type or paste a text above.")}
        allow(self.principal(request), "read")
        found = predict(self.app.workspace(self.principal(request)), version or name, str(words))
        plain = f"<p>{text(str((found['predictions'] or [''])[0])[:2000])}</p>"
        return {"said": result_card("predict", found) or card(say("It says"), plain)}

    def explain(
        self, name: str, version: str | None, words: str | None, other: str | None, request: gr.Request
    ) -> dict:
        """Which words drove it, or matched."""
        from tools.catalog.models import explain_prediction

        if not (words or "").strip():
            return {"said": empty("Nothing to look at", "Type or paste a text above.")}
        workspace, about = self.app.workspace(self.principal(request)), version or name
        beside = other or None if self.app.registry.get(about).task == "embedding" else None
        found = explain_prediction(workspace, about, str(words), other=beside)
        return {"said": result_card("explain_prediction", found)}

    def overview(self, name: str, version: str | None, data: str | None, request: gr.Request) -> dict:
        """What drives the model as a whole, over rows with labels."""
        from tools.explain.overview import overview as explained
        from tools.explain.overview_page import overview_body

        if not data:
            return {"whole": empty("No rows yet", "Choose a dataset above.")}
        allow(self.principal(request), "act")
        workspace, about = self.app.workspace(self.principal(request)), version or name
        info = self.app.registry.get(about).info
        found = explained(workspace.predictor(about), info, workspace.dataset(data))
        return {"whole": overview_body(found)}


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


def overview(entry: ModelEntry) -> str:
    """A version at a glance: its figures beside what needs no training, and each label's."""
    from tools.serving.evaluate import stored_evaluation

    pairs = [
        ("status", say(entry.status)),
        ("task", entry.task),
        ("base model", entry.base),
        ("method", entry.method),
        ("made (UTC)", moment(entry.created_at)),
        ("engine", (entry.engine or {}).get("engine")),
    ]
    measured = [(key, value) for key, value in numbers(entry.metrics)]
    try:
        per_class = stored_evaluation(entry.path).get("per_class") or {}
    except TeachingError:
        per_class = {}
    rows = [
        (name, *(percent(scores[key]) for key in ("precision", "recall", "f1") if key in scores))
        for name, scores in per_class.items()
    ]
    return card(
        entry.ref,
        facts(pairs),
        f'<div class="sa-sub">{text(say("On rows it was not trained on"))}</div>' if measured else "",
        facts(measured),
        _beside(entry),
        details(say("Each label"), table(["label", "precision", "recall", "F1"], rows)) if rows else "",
    )


def _beside(entry: ModelEntry) -> str:
    """Its accuracy beside that of models without training."""
    mine, baseline = entry.metrics.get("accuracy"), entry.info.get("baseline") or {}
    others = [
        (str(name).replace("_", " "), value.get("accuracy") if isinstance(value, dict) else value)
        for name, value in baseline.items()
    ]
    known = [(name, share, percent(share)) for name, share in others if isinstance(share, int | float)]
    if not known or not isinstance(mine, int | float):
        return ""
    return bars([(entry.name, mine, percent(mine)), *known])


def lineage(made_from: dict[str, Any], history: list[dict[str, Any]]) -> str:
    """What a version was made from, and what was done with the model."""
    settings = made_from.pop("settings", None) or {}
    rows = [(say(key.replace("_", " ")), _linked(key, value)) for key, value in made_from.items() if value]
    rows += [(say(key.replace("_", " ")), value) for key, value in settings.items()]
    done = [
        (moment(each["created_at"]), say(each["action"]), each["version"], each["user_id"] or "")
        for each in history
    ]
    return card(say("Made from"), table(["", ""], rows)) + card(
        say("What was done"), table(["when (UTC)", "what", "version", "who"], done)
    )


def _linked(key: str, value: Any) -> Any:
    pages = {"job": "/jobs?job=", "data": "/data?name=", "parent": "/models?name="}
    if key not in pages:
        return value
    target = str(value).partition("@")[0] if key == "parent" else str(value)
    return Raw(f'<a href="{pages[key]}{quote(target)}">{text(value)}</a>')


def _card_text(entry: ModelEntry) -> str:
    """The model card without its head for machines."""
    try:
        found = (entry.path / CARD).read_text(encoding="utf-8")
    except OSError:
        return say("This model has no card.")
    return found.split("\n---\n", 1)[-1] if found.startswith("---") else found
