"""Training conversations as numbers."""

from typing import Any

from assistant.brain.encoding import Encoded, Eyes, View
from assistant.brain.labels import ACTS, ASKS, POINTERS, TAGS, TOOLS
from assistant.brain.mentions import find_mentions
from assistant.brain.recipe.conversations import Example
from assistant.brain.recipe.render import Slot
from assistant.brain.situation import Situation

IGNORED = -100


def feature(example: Example, eyes: Eyes) -> dict[str, Any]:
    """A row for the trainer: ids, segments and the labels."""
    situation = situation_of(example)
    encoded = eyes.encode(view_of(example), find_mentions(example.message, situation), situation)
    tags, pointers = _marks(encoded, example.slots)
    return {
        "input_ids": encoded.ids,
        "token_type_ids": encoded.segments,
        "tool": TOOLS.index(example.tool),
        "act": ACTS.index(example.act),
        "asks": ASKS.index(example.asks),
        "tags": tags,
        "pointers": pointers,
    }


def situation_of(example: Example) -> Situation:
    """The example's workspace."""
    scene = example.scene
    return Situation.of(
        {"files": scene.files, "datasets": scene.datasets, "models": scene.models, "jobs": scene.jobs}
    )


def view_of(example: Example) -> View:
    """The example's last message with what went before it."""
    user = next((text for role, text in reversed(example.history) if role == "user"), "")
    reply = example.history[-1][1] if example.history and example.history[-1][0] == "assistant" else ""
    return View(example.message, example.role, user, reply)


def _marks(encoded: Encoded, slots: tuple[Slot, ...]) -> tuple[list[int], list[int]]:
    """Tag and pointer of each token; pointers are judged where a slot begins."""
    tags, pointers = [], []
    open_slot: Slot | None = None
    for place in encoded.places:
        if place is None:
            tags.append(IGNORED)
            pointers.append(IGNORED)
            continue
        slot = next((each for each in slots if _meets(place, each)), None)
        begins = slot is not None and slot is not open_slot
        tags.append(TAGS.index("O" if slot is None else f"{'B' if begins else 'I'}-{slot.slot}"))
        pointers.append(POINTERS.index(slot.pointer) if slot is not None and begins else IGNORED)
        open_slot = slot
    return tags, pointers


def _meets(place: tuple[int, int], slot: Slot) -> bool:
    """Whether a token lies in a slot; a quotation mark around a value is no reason against it."""
    return place[0] < slot.end and place[1] > slot.start
