"""The card of the NER model: what it is, what it learned from, how well it does."""

# ruff: noqa: E501 - the page is wrapped at 130

from pathlib import Path
from typing import Any

CARD = """# Card of the NER model

Finds the names of people, places (addresses among them) and firms in English and Chinese texts, in whatever case they are
written; the recognizers in `tools/privacy/recognizers` ask it and decide.

- **Model**: the NER component of spaCy's `en_core_web_sm` 3.8 (MIT), fine-tuned: hashed word vectors and four convolutions
  start from there, the deciding layer is new. Each Chinese character is a word. Saved in spaCy's own format.
- **Data**: {texts:,} texts written by the generator in `tools/privacy/recipe`, seed {seed}: its own sentences, filled with names
  of some fifty countries from faker (MIT), a quarter of them made up letter by letter; a third is about nobody (sentences of
  its own, the standard library's documentation, {plain:,} phrases of the assistant's banks). No user's data, no labelled corpus.
- **Training**: {epochs} epochs of batches of 64 texts, Adam, weights averaged over the steps; {seconds:,} s on the machine that made
  this card. `make ner` repeats it.
- **Use**: the `ner` of `tools.privacy`. `ASSISTANT_NER` puts another model in its place. Languages other than English and Chinese
  are not understood, though names of many are.

On 2,000 texts of the generator with names and sentences that it did not train on (every tenth): precision {precision:.3f}, recall
{recall:.3f}, F1 {f1:.3f}, spans exact. That is the generator's own kind; what the whole redactor does with other people's texts is in
`docs/privacy.md`.{messages_told}
"""


MESSAGES = """

Trained on, after that, with {messages:,} messages that were invented for it and written by hand, as they are and with other names
in them. On a tenth of them, kept apart: precision {messages_precision:.3f} (firms and places that tell nothing about anybody
count as wrong there), recall {messages_recall:.3f}."""


def write_card(path: Path, record: dict[str, Any]) -> None:
    """Write the card with its figures."""
    told = MESSAGES.format(**record) if record["messages"] else ""
    path.write_text(CARD.format(**record, messages_told=told), "utf-8")
