"""Which job is meant."""

import re

from assistant.brain.asked import Asked
from assistant.brain.history import state_of
from assistant.brain.things.names import nth, other, place_said, sharing
from assistant.workspace.running import ACTIVE, BESIDE


def job(asked: Asked) -> str | None:
    """The job meant: named, counted, told by its state, or singled out in the conversation."""
    if named := asked.mentions.of("job"):
        return named[0]
    ids, context = asked.situation.job_ids, asked.context
    bare_number = re.fullmatch(r"\D{0,12}?(\d+)\D{0,4}", asked.text)
    numbered = [each for each in ids if bare_number and re.search(rf"(?<!\d){bare_number[1]}$", each)]
    if numbered:
        return numbered[0]
    if context.states and (state := state_of(asked.text)) and (found := _in_state(state, asked)):
        return found
    for span in asked.reading.of("job") or asked.reading.spans:
        words = asked.words(span)
        if (state := state_of(words)) and (found := _in_state(state, asked)):
            return found
        if span.pointer == "1" and not _COUNTS.search(words) and (meant := sharing(asked.text, context.told)):
            return meant  # "the one on orders.csv" counts nothing
        if span.pointer.isdigit() or span.pointer in ("last", "old"):
            told = context.jobs if len(context.jobs) > 1 else ids
            return nth("last" if span.pointer == "old" else span.pointer, told)
        if span.pointer == "other":
            return other(ids, context.job)
        if span.pointer == "value" and (digits := re.search(r"\d+", words)):
            known = [each for each in ids if re.search(rf"(?<!\d){digits[0]}$", each)]
            if known:
                return known[0]
        if span.pointer == "new":
            return context.jobs[0] if len(context.jobs) == 1 else None
        if span.pointer == "value" and (said := sharing(words, context.told)):
            return said
    meant = sharing(asked.text, context.told)
    counted = None if asked.reading.of("job") or meant else _COUNTED.search(asked.text)
    if counted and (place := place_said(counted[0])):
        return nth(place, context.jobs if len(context.jobs) > 1 else ids) or context.job
    return meant or _training(asked, context.job)


def _training(asked: Asked, spoken_of: str | None) -> str | None:
    """The job spoken of, unless it works on documents and a training is meant; None leaves it to what runs."""
    known = {str(each["id"]): each for each in asked.situation.jobs}
    beside = [name for name, each in known.items() if each.get("kind") in BESIDE]
    if not _TRAINED.search(asked.text) or not beside or spoken_of not in (None, *beside):
        return spoken_of
    trainings = [name for name in known if name not in beside]
    if any(known[name].get("status") in ACTIVE for name in trainings):
        return None
    return trainings[0] if trainings else spoken_of


_TRAINED = re.compile(r"\b(?:re)?train|\bfine-?tun|训练|微调", re.IGNORECASE)
_COUNTS = re.compile(r"\d|first|former|[一二前]", re.IGNORECASE)
_COUNTED = re.compile(
    r"\b(?:first|second|third|fourth|latter|former|last)(?: (?:one|job|training|run)\b|\W*$)"
    r"|第[一二三四1-4][个次]|[前后]者",
    re.IGNORECASE,
)


def _in_state(state: str, asked: Asked) -> str | None:
    """The job in a state, by what the assistant said or the workspace knows; None where it is not one only."""
    told = [name for name, each in asked.context.states.items() if each == state]
    known = told or [str(each["id"]) for each in asked.situation.jobs if each.get("status") == state]
    return known[0] if len(known) == 1 else None
