"""Cards: what a tool returned, as people want to see it. One small function a tool; the reply's words stand beside."""

from collections.abc import Callable
from typing import Any

from assistant.brain.replies.chinese import in_chinese
from assistant.brain.replies.reply import listing
from ui.languages import CHINESE, say, told
from ui.pages.how import kind_of
from ui.pages.html import (
    Raw,
    bars,
    card,
    details,
    duration,
    exact,
    facts,
    marked,
    notes,
    percent,
    table,
    text,
)

MOST_BARS = 12


def result_card(tool: str, result: dict[str, Any]) -> str:
    """The card of a tool's result as HTML; empty where the reply's words say it all.

    Args:
        tool: the tool's name.
        result: what it returned, in the contract's shapes.
    """
    maker = CARDS.get(tool)
    return maker(result) if maker and not {"error", "declined", "stopped"} & set(result) else ""


def _dataset(result: dict[str, Any]) -> str:
    labels = sorted((result.get("labels") or {}).items(), key=lambda item: -item[1])
    most = labels[0][1] if labels else 1
    shown = [(str(name), count / most, f"{count:,}") for name, count in labels[:MOST_BARS]]
    more = say("… and {n} more labels", n=len(labels) - MOST_BARS) if len(labels) > MOST_BARS else ""
    found = (result.get("pii") or {}).items()
    personal = say(", ").join(f"{count} × {kind_of(kind)}" for kind, count in found)
    others = [each for each in result.get("warnings") or [] if not each.startswith("Personal data was found")]
    columns = [(c["name"], c["type"], c.get("missing"), c.get("unique")) for c in result.get("columns") or []]
    return card(
        str(result.get("dataset", "Dataset")),
        facts(
            [
                ("rows", result.get("rows")),
                ("columns", len(columns)),
                ("duplicates", result.get("duplicates")),
                ("labels", len(labels) or None),
                ("fits", result.get("task")),
            ]
        ),
        bars(shown) if shown else "",
        f'<div class="sa-more">{more}</div>' if more else "",
        f'<p class="sa-warning">{text(say("Personal data: {kinds}", kinds=personal))}</p>'
        if personal
        else "",
        notes([told(each) for each in others]),
        details("Columns", table(["column", "type", "missing", "different values"], columns)),
    )


def _recommendation(result: dict[str, Any]) -> str:
    rows = [
        (
            each["model"],
            each["method"],
            duration(each.get("estimated_seconds")),
            each.get("fits"),
            told(each["why"]),
        )
        for each in result.get("candidates") or []
    ]
    heads = ["model", "method", "about", "fits here", "why"]
    return card(say("For {task}", task=result.get("task")), table(heads, rows))


def _job(result: dict[str, Any]) -> str:
    outcome = result.get("result") or {}
    if (
        result.get("status") != "succeeded" or not outcome or "chunks" in outcome
    ):  # of documents the reply says all
        return ""
    return card(
        say("{model} is ready", model=outcome.get("model", result.get("id"))),
        _metric_facts(outcome.get("metrics") or {}),
        _against(outcome),
        _report_link(outcome),
    )


def _metric_facts(metrics: dict[str, Any]) -> str:
    named = ("accuracy", "precision", "recall", "f1")
    first = [(name, percent(metrics[name])) for name in named if isinstance(metrics.get(name), int | float)]
    return facts(
        first or [(k.replace("_", " "), v) for k, v in metrics.items() if isinstance(v, int | float)]
    )


def _against(outcome: dict[str, Any]) -> str:
    """The model's accuracy beside the untrained baselines'."""
    baseline, metrics = outcome.get("baseline") or {}, outcome.get("metrics") or {}
    rows = [
        (say(name.replace("_", " ")), value.get("accuracy") if isinstance(value, dict) else value)
        for name, value in baseline.items()
    ]
    known = [(name, share, percent(share)) for name, share in rows if isinstance(share, int | float)]
    if not known or not isinstance(metrics.get("accuracy"), int | float):
        return ""
    mine = (str(outcome.get("model") or say("this model")), metrics["accuracy"], percent(metrics["accuracy"]))
    told_ = text(say("Accuracy on held-out rows, beside models without training"))
    return f'<div class="sa-sub">{told_}</div>' + bars([mine, *known])


def _report_link(outcome: dict[str, Any]) -> str:
    seconds, trained = outcome.get("seconds"), outcome.get("trainable_parameters")
    return facts([("took", duration(seconds) if seconds else None), ("parameters trained", trained)])


def _evaluation(result: dict[str, Any]) -> str:
    per_class = [
        (name, *(percent(scores[key]) for key in ("precision", "recall", "f1") if key in scores))
        for name, scores in (result.get("per_class") or {}).items()
    ]
    heads, rows = ["label", "precision", "recall", "F1"], result.get("examples") or []
    return card(
        str(result.get("model", "Evaluation")),
        _metric_facts(result.get("metrics") or {}),
        _baselines(result.get("baseline") or {}, result.get("metrics") or {}),
        details("Each label", table(heads, per_class)) if per_class else "",
        details("Examples", table([*rows[0]], [[*each.values()] for each in rows])) if rows else "",
    )


def _baselines(baseline: dict[str, Any], metrics: dict[str, Any]) -> str:
    """What needs no training, on the same rows."""
    others = {name.replace("_", " "): each for name, each in baseline.items() if isinstance(each, dict)}
    rows = [
        (say(name.replace("_", " ")), value, *(each.get(name, "") for each in others.values()))
        for name, value in metrics.items()
    ]
    return table(["measure", "this model", *others], rows) if others and "accuracy" not in metrics else ""


def _comparison(result: dict[str, Any]) -> str:
    rows = []
    for each in result.get("models") or []:
        metrics = each.get("metrics") or each
        best = Raw(f"<b>{text(say('best'))}</b>") if each.get("name") == result.get("best") else ""
        score = metrics.get("accuracy")
        rows.append(
            (each.get("name"), each.get("method"), each.get("base"), percent(score) if score else "", best)
        )
    return card("Side by side", table(["model", "method", "base", "accuracy", ""], rows))


def _models(result: dict[str, Any]) -> str:
    rows = [
        (
            each["name"],
            each["task"],
            each["method"],
            percent(each["metrics"]["accuracy"]) if (each.get("metrics") or {}).get("accuracy") else "",
            say(each["status"]),
        )
        for each in result.get("models") or []
    ]
    return card("Models", table(["name", "task", "method", "accuracy", "status"], rows)) if rows else ""


def _jobs(result: dict[str, Any]) -> str:
    rows = [
        (
            each["id"],
            each["kind"],
            say(each["status"]),
            percent(each.get("progress") or 0),
            each["created_at"][:16],
        )
        for each in result.get("jobs") or []
    ]
    return card("Jobs", table(["job", "kind", "status", "progress", "asked for"], rows)) if rows else ""


def _prediction(result: dict[str, Any]) -> str:
    prediction = (result.get("predictions") or [{}])[0]
    if "entities" in prediction:
        return card(say("Found in the text"), marked(result["text"], prediction["entities"]))
    scores = sorted((prediction.get("scores") or {}).items(), key=lambda item: -item[1])[:5]
    if not scores:
        return ""
    return card(
        f"“{_short(result['text'])}”", bars([(name, share, percent(share)) for name, share in scores])
    )


def _explanation(result: dict[str, Any]) -> str:
    if "words" in result:
        return _whole(result)
    from tools.explain.explain import heatmap_html

    shown = in_chinese(result) if CHINESE.get() else result
    return card("Which words drove it", heatmap_html(shown, say))


def _whole(result: dict[str, Any]) -> str:
    """A model as a whole: the words of each label, and the pairs of labels that it confuses."""
    zh = CHINESE.get()
    words = [(label, listing(named, "zh" if zh else "en")) for label, named in result["words"].items()]
    pairs = [(each["label"], each["predicted"], each["count"]) for each in result.get("confused") or []]
    return card(
        say("What drives {model}", model=result.get("model")),
        _metric_facts(result.get("metrics") or {}),
        table(["label", "the words that drive it most"], words),
        details("Confused most", table(["label", "taken for", "rows"], pairs)) if pairs else "",
    )


def _speed(result: dict[str, Any]) -> str:
    latency = result.get("latency_ms") or {}
    return card(
        say("How fast {model} answers", model=result.get("model")),
        facts(
            [
                ("requests a second", round(result.get("requests_per_second") or 0, 1)),
                *((f"ms {name}", round(value, 1)) for name, value in latency.items()),
            ]
        ),
    )


def _short(words: str, most: int = 90) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


CARDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "inspect_dataset": _dataset,
    "recommend_model": _recommendation,
    "show_job": _job,
    "evaluate_model": _evaluation,
    "compare_models": _comparison,
    "list_models": _models,
    "list_jobs": _jobs,
    "predict": _prediction,
    "explain_prediction": _explanation,
    "benchmark_model": _speed,
}


def approval_card(summary: str, tool: str, args: dict[str, Any], details_: dict[str, Any]) -> str:
    """What the user is asked to approve: the sentence, the plan, and the exact arguments.

    Args:
        summary: the one sentence.
        tool: the tool's name.
        args: its exact arguments.
        details_: what its preview found out.
    """
    named = (
        ("base", "base model"),
        ("method", "method"),
        ("text_column", "text column"),
        ("label_column", "label column"),
        ("rows", "rows"),
        ("epochs", "epochs"),
        ("learning_rate", "learning rate"),
    )
    pairs = [(label, details_.get(key) or None) for key, label in named]  # a frozen body has no learning rate
    if seconds := details_.get("estimated_seconds"):
        pairs += [("estimated", duration(seconds))]
    pairs += [("cost", say("none: this machine computes"))]
    call = table(["argument", "value"], [(name, exact(value)) for name, value in args.items()])
    return card(
        "Shall I?",
        f"<p>{text(summary)}</p>",
        facts(pairs),
        f'<p class="sa-more">{text(told(details_["why"]))}</p>' if details_.get("why") else "",
        notes([told(each) for each in details_.get("warnings") or []]),
        details(f"{say('Exact call')}: {tool}", call, opened=True),
        kind="sa-ask",
    )


def citations_block(citations: list[dict[str, Any]]) -> str:
    """The numbered passages below an answer; each opens in place."""
    blocks = "".join(
        details(
            f"[{each['number']}] {each.get('title') or each['source']}",
            f'<blockquote>{text(each["text"])}</blockquote><div class="sa-more">{_opened(each)}</div>',
        )
        for each in citations
    )
    return f'<div class="sa-sources">{blocks}</div>'


def _opened(citation: dict[str, Any]) -> str:
    """The source's name; a link to the passage in its document where that is known."""
    source, passage = text(citation["source"]), str(citation.get("passage") or "")
    if page := citation.get("page"):
        source = text(say("{source}, page {page}", source=citation["source"], page=page))
    if not passage.isdecimal():
        return source
    return f'<a href="/passages/{passage}#here" target="_blank" rel="noopener">{source}</a>'


def picture(artifact: dict[str, Any]) -> str:
    """A picture, or a link to a report, served to its owner alone."""
    title, address = text(artifact["title"]), f"/artifacts/{text(artifact['id'])}"
    if str(artifact["path"]).endswith((".png", ".svg")):
        return f'<figure class="sa-figure"><img src="{address}" alt="{title}"><figcaption>{title}</figcaption></figure>'
    return f'<p><a href="{address}" target="_blank" rel="noopener">{title}</a></p>'
