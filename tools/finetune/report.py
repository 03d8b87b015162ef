"""The report of a run: one HTML file that needs nothing else, and its pictures beside it."""

import base64
from html import escape
from pathlib import Path
from typing import Any

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}th{background:#f2f4f7}img{max-width:100%}
@media(prefers-color-scheme:dark){body{background:#16181c;color:#eee}th{background:#2a2e35}td,th{border-color:#444}}"""


# Where the heat maps of some mistakes go, which are drawn once the model can be loaded (tools.explain.report).
EXPLANATIONS = "<!-- explanations -->"


def write_report(folder: Path, info: dict[str, Any], evaluation: dict[str, Any]) -> list[dict[str, str]]:
    """Write ``report.html`` and the pictures.

    Args:
        folder: where to.
        info: as in ``assistant.json``.
        evaluation: ``per_class``, ``confusion``, ``mistakes``, ``curve``, ``examples`` where the task has them.

    Returns:
        What was written: ``kind``, ``path`` (inside the folder) and ``title``.
    """
    made = _pictures(folder, info["name"], evaluation)
    parts = [
        _heading(info),
        *(f"<p><strong>{escape(warning)}</strong></p>" for warning in info.get("warnings", [])),
        _measures(info, evaluation.get("intervals") or {}),
        *(_image(folder / entry["path"], entry["title"]) for entry in made),
        _unlabeled(evaluation.get("unlabeled") or {}),
        _forgetting(evaluation.get("forgetting") or {}),
        _per_class(evaluation.get("per_class") or {}),
        _confused(evaluation.get("confused") or []),
        _slices(evaluation.get("slices") or []),
        _mistakes(evaluation.get("mistakes") or []),
        EXPLANATIONS,
        _label_errors(evaluation.get("label_errors") or []),
        _examples(evaluation.get("examples") or []),
        _search(evaluation.get("search") or []),
        _settings(info),
    ]
    title = escape(str(info["name"]))
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>"
    )
    (folder / "report.html").write_text(page, encoding="utf-8")
    return [*made, {"kind": "report", "path": "report.html", "title": f"Report of {info['name']}"}]


def _pictures(folder: Path, name: str, evaluation: dict[str, Any]) -> list[dict[str, str]]:
    from tools.finetune.pictures import calibration_picture, confusion_picture, curve_picture

    made = []
    if evaluation.get("confusion"):
        confusion_picture(evaluation["confusion"], folder / "confusion.png")
        made.append(
            {"kind": "confusion-matrix", "path": "confusion.png", "title": f"Confusion matrix of {name}"}
        )
    if (evaluation.get("calibration") or {}).get("bins"):
        calibration_picture(evaluation["calibration"], folder / "calibration.png")
        made.append({"kind": "calibration", "path": "calibration.png", "title": f"Calibration of {name}"})
    if any("loss" in point for point in evaluation.get("curve") or []):
        curve_picture(evaluation["curve"], folder / "curve.png")
        made.append({"kind": "curve", "path": "curve.png", "title": f"Loss curve of {name}"})
    return made


def _heading(info: dict[str, Any]) -> str:
    return (
        f"<h1>{escape(str(info['name']))}</h1><p>{escape(info['task'])}, made from "
        f"{escape(str(info['base']))} by the method {escape(info['method'])} in {_duration(info['seconds'])}.</p>"
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _measures(info: dict[str, Any], intervals: dict[str, list[float]]) -> str:
    """The metrics with what they can be trusted to, beside those of the untrained baselines on the same rows."""
    columns = {"this model": info["metrics"]}
    columns |= {name.replace("_", " "): values for name, values in info["baseline"].items()}
    rows = [
        [name, *(_shown(values.get(name)) for values in columns.values()), _between(intervals.get(name))]
        for name in info["metrics"]
    ]
    head = ["", *columns, "95 % interval of this model"]
    if not intervals:
        head, rows = head[:-1], [row[:-1] for row in rows]
    return "<h2>Quality on held-out rows</h2>" + _table(head, rows)


def _between(interval: list[float] | None) -> str:
    return f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else ""


def _unlabeled(told: dict[str, Any]) -> str:
    """What the texts without labels brought."""
    if not told:
        return ""
    rows = [
        ["without them", _shown(told["supervised"])],
        ["with them", _shown(told["with_unlabeled"])],
    ]
    outcome = "was kept" if told["kept"] else "was not kept, as it did no better on the validation rows"
    return (
        f"<h2>Texts without labels</h2><p>Of {told['rows']:,} texts, {told['used']:,} were labelled by the model "
        f"itself (at least {told['sure']:.0%} sure) and learned from. The model with them {outcome}.</p>"
        + _table(["", "accuracy on the held-out rows"], rows)
    )


def _forgetting(lost: dict[str, Any]) -> str:
    """What learning on did to the earlier task."""
    if not lost:
        return ""
    rows = [["the model it goes on from", _shown(lost["before"])], ["this model", _shown(lost["after"])]]
    return (
        f"<h2>What it forgot</h2><p>{lost['replayed']:,} earlier rows were mixed in. "
        f"On the {lost['rows']:,} held-out rows of the earlier data:</p>" + _table(["", "accuracy"], rows)
    )


def _per_class(classes: dict[str, dict[str, float]]) -> str:
    if not classes:
        return ""
    names = list(next(iter(classes.values())))
    ordered = sorted(classes.items(), key=lambda item: item[1].get("f1", 0))
    rows = [[label, *(_shown(values[name]) for name in names)] for label, values in ordered]
    return "<h2>Labels, the hardest first</h2>" + _table(["label", *names], rows)


def _mistakes(wrong: list[dict[str, Any]]) -> str:
    if not wrong:
        return ""
    rows = [[row["text"], row["label"], row["predicted"], _shown(row["score"])] for row in wrong]
    return "<h2>Surest mistakes</h2>" + _table(["text", "label", "predicted", "score"], rows)


def _confused(pairs: list[dict[str, Any]]) -> str:
    if not pairs:
        return ""
    rows = [[p["label"], p["predicted"], str(p["count"]), " · ".join(p["examples"])] for p in pairs]
    return "<h2>Labels that are confused most</h2>" + _table(["label", "taken for", "rows", "examples"], rows)


def _slices(weak: list[dict[str, Any]]) -> str:
    if not weak:
        return ""
    rows = [[each["slice"], str(each["rows"]), _shown(each["accuracy"])] for each in weak]
    return (
        "<h2>Where it is weak</h2><p>Kinds of held-out rows that are right less often than all are, by more than "
        "chance. Of many kinds that were looked at some are here by luck: a place to look, no proof.</p>"
        + _table(["rows", "number", "accuracy"], rows)
    )


def _label_errors(doubtful: list[dict[str, Any]]) -> str:
    if not doubtful:
        return ""
    rows = [[row["text"], row["label"], row["suggested"], _shown(row["score"])] for row in doubtful]
    return (
        "<h2>Labels that look wrong</h2><p>Training rows that a classifier which had not seen them is surer of under "
        "another label. Mend them in your file, and train again.</p>"
        + _table(["text", "label in the data", "likelier", "by"], rows)
    )


def _examples(examples: list[dict[str, Any]]) -> str:
    if not examples:
        return ""
    from tools.models.page import examples_heading

    names, heading = list(examples[0]), examples_heading(examples)
    return f"<h2>{heading}</h2>" + _table(names, [[str(row[name]) for name in names] for row in examples])


def _search(trials: list[dict[str, Any]]) -> str:
    """The settings that were tried, the best first."""
    if not trials:
        return ""
    ordered = sorted(trials, key=lambda trial: -(trial["score"] if trial["score"] is not None else -1e9))
    rows = [
        [f"{t['learning_rate']:.2g}", str(t["epochs"]), _shown(t["score"]), f"{t['seconds']:.0f}"]
        for t in ordered
    ]
    head = ["learning rate", "epochs", "score on the validation rows", "seconds"]
    return "<h2>Settings that were tried</h2>" + _table(head, rows)


def _settings(info: dict[str, Any]) -> str:
    left_out = ("metrics", "baseline", "labels", "warnings")
    rows = [[key.replace("_", " "), _shown(value)] for key, value in info.items() if key not in left_out]
    return "<h2>Settings</h2>" + _table(["", ""], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    """An HTML table; cells that are numbers stand right."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _cell(text: str) -> str:
    number = text.replace(",", "").replace(".", "").isdigit()
    return f"<td class=n>{text}</td>" if number else f"<td>{escape(text)}</td>"


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e-3 else f"{value:,.4f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) and value > 9999 else str(value)


def _image(path: Path, title: str) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<h2>{escape(title)}</h2><img alt="{escape(title)}" src="data:image/png;base64,{data}">'
