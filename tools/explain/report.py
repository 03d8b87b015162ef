"""Heat maps in the report of a fine-tuning run: its surest mistakes, and which words drove them."""

import json
from html import escape
from pathlib import Path

from tools.explain.explain import explain_many
from tools.explain.heatmap import heatmap_html
from tools.finetune.report import EXPLANATIONS
from tools.serving.predictor import load

MOST = 6
LONGEST = 2_000  # characters of a text that is shown
OTHERWISE = "As it stands here, cut and without what is personal in it, the text is no longer taken for that."


def add_heat_maps(folder: Path) -> int:
    """Draw them into ``report.html`` of a model folder that a run wrote.

    Args:
        folder: of a text-classification model; for others nothing is done.

    Returns:
        How many were drawn.
    """
    report = folder / "report.html"
    page = report.read_text(encoding="utf-8")
    info = json.loads((folder / "assistant.json").read_text(encoding="utf-8"))
    evaluation = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    wrong = [row for row in evaluation.get("mistakes") or [] if row["text"].strip()][:MOST]
    if info["task"] != "text-classification" or not wrong or EXPLANATIONS not in page:
        return 0
    predictor = load(folder, engine="torch")
    mistaken = [row["predicted"] if row["predicted"] in predictor.labels else None for row in wrong]
    found = explain_many(predictor, [row["text"][:LONGEST] for row in wrong], target=mistaken)
    drawn = []
    for row, taken, each in zip(wrong, mistaken, found, strict=True):
        title = escape(f"{row['label']}, taken for {row['predicted']}")
        if taken not in (each["prediction"]["label"], None):
            each["notes"].append(OTHERWISE)
        drawn.append(f"<h3>{title}</h3>{heatmap_html(each)}")
    report.write_text(
        page.replace(EXPLANATIONS, f"<h2>Why: the words that drove these mistakes</h2>{''.join(drawn)}", 1),
        encoding="utf-8",
    )
    return len(drawn)
