"""What the page of the models tells of a version: its figures, what it was made from, and its card."""

from typing import Any
from urllib.parse import quote

from knowledge.errors import TeachingError
from tools.models.card import CARD
from tools.workspace import ModelEntry
from ui.pages.html import Raw, bars, card, details, facts, percent, table, text
from ui.pages.jobs import numbers
from ui.pages.page import moment
from ui.pages.words import say


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
        (say(str(name).replace("_", " ")), value.get("accuracy") if isinstance(value, dict) else value)
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
    asked = {
        key: value for key, value in settings.items() if key not in made_from
    }  # "auto" is none of its methods
    rows += [(say(key.replace("_", " ")), value) for key, value in asked.items()]
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


def card_text(entry: ModelEntry) -> str:
    """The model card without its head for machines."""
    try:
        found = (entry.path / CARD).read_text(encoding="utf-8")
    except OSError:
        return say("This model has no card.")
    return found.split("\n---\n", 1)[-1] if found.startswith("---") else found
