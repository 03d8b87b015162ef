"""The card of the trained encoder: what it is, what it learned from, how it scores."""

# ruff: noqa: E501 - a text

from pathlib import Path
from typing import Any

TEMPLATE = """\
# Card of the embedded brain

What the assistant uses to understand a message: which of 18 tools is wanted (or none), whether the message goes on from what
was said before, which words hold which argument, and what a pointing phrase points at.

- **Model**: all-MiniLM-L6-v2 (Apache-2.0) with LoRA on every linear layer, five heads, and {words:,} rows for Chinese characters and
  masks, each started from the embeddings of its English gloss. `brain.safetensors` holds the trained part alone ({megabytes:.1f} MB, half precision); the base
  comes from its own package. A joint intent and slot model after Chen, Zhuo and Wang 2019 (JointBERT).
- **Data**: {first:,} + {networks} × {each:,} conversations written by the generator in `assistant/brain/recipe` from its phrase banks (English and Chinese), seed {seed};
  no user's data. Names are masked before the encoder sees a message.
- **Training**: one network on the first part; then {networks} copies of it, each on a part of its own, their weights averaged. Each conversation is
  seen once; learning rate {learning_rate:g}, {seconds:,} s on the machine that made this card. `make brain` repeats it.
- **Use**: `assistant plan` and the embedded chat model. Not meant for anything else; languages other than English and Chinese are not understood.

## Scores

The first line is the generator's own kind and says little. All others are conversations by people who had the table of tools and nothing of
the generator, and none was learned from. Those **held out** were scored at the end, and their misses never looked at. Those **developed on** were looked at:
phrases were added (other wordings of the same situations among them) and the reading of arguments mended until they went well, so they
flatter. "Right where it acts" leaves out the messages
where the assistant asks back.

| cases | n | right tool | tool and all arguments | several turns, all arguments | acts at once | right where it acts |
|---|---|---|---|---|---|---|
{rows}

`scores.json` beside this page holds the same figures and a census of the training conversations.
"""


def write_card(file: Path, record: dict[str, Any], weights: Path) -> None:
    """Write the card.

    Args:
        file: where to.
        record: what ``scores.json`` holds.
        weights: whose size is told.
    """
    from safetensors import safe_open

    with safe_open(weights, "np") as opened:
        words = opened.get_slice("words").get_shape()[0]
    rows = "\n".join(_row(name, scores) for name, scores in record["scores"].items())
    facts = {key: record[key] for key in ("first", "each", "networks", "seed", "learning_rate", "seconds")}
    file.write_text(
        TEMPLATE.format(rows=rows, words=words, megabytes=weights.stat().st_size / 1e6, **facts), "utf-8"
    )


def _row(name: str, scores: dict[str, Any]) -> str:
    cases = scores["cases"]
    acts = None if "asked_back" not in scores else 1 - scores["asked_back"] / cases
    shares = (
        scores["tool_accuracy"],
        scores.get("accuracy"),
        scores.get("multi_turn_accuracy"),
        acts,
        scores.get("tool_accuracy_where_it_acts"),
    )
    return (
        f"| {name} | {cases:,} | "
        + " | ".join("" if share is None else f"{share:.3f}" for share in shares)
        + " |"
    )
