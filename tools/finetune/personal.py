"""Personal data in what is trained on: said, with the way to take it out."""

from typing import Any

from tools.finetune.examples import read, texts
from tools.finetune.spec import FinetuneSpec

LOOKED = 200  # texts, spread over the file
FREE = ("text-generation", "embedding")  # tasks whose label column holds texts too


def personal(spec: FinetuneSpec, plan: dict[str, Any]) -> list[str]:
    """A warning where a sample of the texts holds personal data, which a model might give away.

    Args:
        spec: names the data.
        plan: names task and columns.
    """
    from tools.privacy.redactor import Redactor

    if plan["task"] in ("image-classification", "token-classification"):
        return []
    columns = [plan["text_column"], *plan.get("beside", ())]
    if plan["task"] in FREE and plan.get("label_column"):
        columns.append(plan["label_column"])
    table = read(spec.data, columns[:1], columns[1:])
    found = [(str(name), text) for name in table.columns for text in texts(table, name)]
    sample = found[:: max(1, -(-len(found) // LOOKED))]
    counts = Redactor().count_cells(sample)
    if not counts:
        return []
    shown = ", ".join(f"{count} × {name}" for name, count in list(counts.items())[:5])
    return [
        f"Of {len(sample):,} texts looked at, some hold personal data ({shown}), which a model may learn by heart. "
        "The command “assistant data scrub” writes a copy without it."
    ]
