"""How a message goes on from what was before: an answer to a question, a yes, another value, the same again."""

# ruff: noqa: E501 - patterns read best in one line

import re
from typing import Any

from assistant.brain.answers import Change, read_answer
from assistant.brain.arguments import OFFERING, arguments, said
from assistant.brain.asked import Asked
from assistant.brain.filling import SHORT, filled, known
from assistant.brain.history import Context
from assistant.brain.labels import ARGUMENTS, NONE
from assistant.brain.language import CHINESE
from assistant.brain.patterns import clear_values
from assistant.brain.questions import answer_to, both_columns
from assistant.brain.things.names import nth, picked_place, place_said

FREE = ("name", "text_col", "label_col")  # slots that any word may fill
BRIEF = 48  # characters of a message that picks from a list
DOUBTFUL = 0.7  # share of a tool below which it is not clear that a message is about it
CLEAR = 0.9  # share of a tool from which a message is no answer to an open question
Step = tuple[str | None, dict[str, Any]]  # a tool, or none, and its arguments


def going_on(asked: Asked) -> Step | None:
    """Tool and arguments where the message goes on from what the assistant asked, offered or proposed."""
    ways = (approval, chosen, picked, answered, corrected, advised, agreed, valued)
    return next((step for way in ways if (step := way(asked)) is not None), None)


def approval(asked: Asked) -> Step | None:
    """Tool and arguments where the message answers an open approval; no tool for a no."""
    waiting = asked.situation.open_approval
    if not waiting:
        return None
    args = dict(waiting.get("args") or {})
    answer = read_answer(asked.text, args, str(waiting["tool"]), asked.situation)
    if answer in (None, "instead"):
        return None
    if answer == "no":
        return None, {}
    return str(waiting["tool"]), args | (answer.args if isinstance(answer, Change) else {})


def chosen(asked: Asked) -> Step | None:
    """The tool with its arguments, where the message picks one of those that were offered ("the second one")."""
    choices = asked.context.choices
    pointers = [
        span.pointer for span in asked.reading.spans if span.pointer.isdigit() or span.pointer == "last"
    ]
    place = next(iter(pointers), None) or picked_place(asked.text)
    tool = nth(place, choices) if place and len(asked.text) <= 40 else None
    return (tool, arguments(tool, asked)) if tool else None


def picked(asked: Asked) -> Step | None:
    """The training that the message picks from several that the assistant has described ("the second option")."""
    context = asked.context
    place = picked_place(asked.text) if context.plans else None
    plan = nth(place, context.plans) if place and len(asked.text) <= BRIEF else None
    if plan is None:
        return None
    before = context.args if context.tool in ("finetune_model", "recommend_model") else {}
    return "finetune_model", {
        **arguments("finetune_model", asked),
        **known("finetune_model", before),
        **plan,
        **known("finetune_model", said("finetune_model", asked)),
    }


def answered(asked: Asked) -> Step | None:
    """The last action with its arguments completed, where the message answers what the assistant asked for."""
    context = asked.context
    tool = _asking_tool(context)
    if tool is None or not _answers(asked, tool):
        return _wanting(asked)
    if tool == "finetune_model" and (both := both_columns(asked)):
        return tool, {**context.args, **both}
    value = answer_to(context.asks, asked)
    if value in (None, "", []):
        return None
    key = ARGUMENTS.get(context.asks, context.asks)
    own = known(tool, said(tool, asked))
    if key in ("text", "label_column", "text_column", "name") or len(asked.text) <= SHORT:
        clear = clear_values(asked.text[:200]) if key != "text" else {}
        own = {
            name: value
            for name, value in own.items()
            if name in ("model", "dataset", "source", "job", *clear)
        }
    before = context.args if context.tool == tool else arguments(tool, asked)
    if key == "learning_rate" and "epochs" in own and not _EPOCHS.search(asked.text):
        del own["epochs"]  # "three times ten to the minus five"
    if key == "models" and len(value) == 1 == len(before.get("models", [])):
        value = list(dict.fromkeys([*before["models"], *value]))
    return tool, {**before, **own, key: value}


def _wanting(asked: Asked) -> Step | None:
    """The last action with what it still lacks, where the message is little else than a thing of that kind."""
    from tools.catalog.registry import catalog

    context, tool = asked.context, asked.context.tool
    things = [mention for mention in asked.mentions.found if mention.kind in WANTED]
    if tool is None or len(things) != 1 or asked.reading.tools[asked.reading.tool] >= CLEAR:
        return None
    lacks = [name for name in catalog()[tool].required if not context.args.get(name)]
    if tool == "explain_prediction" and context.args.get("dataset"):  # over other rows
        lacks = lacks or ["dataset"]
    beside = len(asked.text) - (things[0].end - things[0].start)
    if not lacks or lacks[0] not in WANTED[things[0].kind] or beside > SHORT // 2:
        return None
    return tool, {**context.args, lacks[0]: things[0].value}


WANTED = {"file": ("dataset", "source"), "url": ("source",), "model": ("model",), "job": ("job",)}


def corrected(asked: Asked) -> Step | None:
    """The proposed action with other values, where the message says what was meant instead ("no, I meant the other file")."""
    context = asked.context
    if not context.open or not context.tool or not context.args:
        return None
    before = {**context.args, **known(context.tool, context.offer)}
    for found in _X_NOT_Y.finditer(asked.text):
        right, wrong = found["right"] or found["right_after"], found["wrong"] or found["wrong_before"]
        for key, value in before.items():
            if str(value).lower() == wrong.lower() and key in ("text_column", "label_column", "name"):
                return context.tool, {**before, key: right}
    own = said(context.tool, asked) if _MEANT.search(asked.text) else {}
    return (context.tool, {**before, **own}) if own else None


_X_NOT_Y = re.compile(
    r"[\"“'`]?(?P<right>[\w\-]+)[\"”'`]?,? (?:and )?not [\"“'`]?(?P<wrong>[\w\-]+)[\"”'`]?"
    r"|\bnot [\"“'`]?(?P<wrong_before>[\w\-]+)[\"”'`]?,? (?:but )?[\"“'`]?(?P<right_after>[\w\-]+)",
    re.IGNORECASE,
)
_MEANT = re.compile(
    r"\b(?:i (?:meant|mean)|mixed (?:it|them|that) up|rest (?:is|stays)|should (?:have )?be(?:en)?)\b|我(?:说|指)的是|应该是|弄错|搞错|说错",
    re.IGNORECASE,
)


def advised(asked: Asked) -> Step | None:
    """The training that was recommended or proposed some turns ago ("then do what you suggested")."""
    context = asked.context
    plan = known("finetune_model", context.offer)
    if not _ADVICE.search(asked.text) or not {"method", "base_model", "epochs"} & plan.keys():
        return None
    before = known("finetune_model", context.args)
    return "finetune_model", {**before, **plan, **known("finetune_model", said("finetune_model", asked))}


_ADVICE = re.compile(
    r"^(?!.*(?:\bnot\b|n't|\?\s*$|？\s*$|不要|别)).*(?:\b(?:do|follow|take|go with|use) (?:(?:what|everything) you(?:'ve| have)? (?:suggest\w*|recommend\w*|propos\w*|advi[sc]ed?|said)"
    r"|your (?:advice|suggestions?|recommendations?|proposal|plan))\b|(?:照|按)(?:你|您)(?:说|建议|推荐)的)",
    re.IGNORECASE,
)


def agreed(asked: Asked) -> Step | None:
    """The proposed action, where the message says yes to it in words that could be small talk ("please", "听你的")."""
    context, reading = asked.context, asked.reading
    proposes = (
        context.asker not in (None, NONE) and (context.open or context.asker in OFFERING) and context.offer
    )
    if not proposes or reading.act != "yes" or reading.tool != NONE or reading.tools[NONE] >= SURELY_ELSE:
        return None
    return context.asker, filled(str(context.asker), asked)


def valued(asked: Asked) -> Step | None:
    """The training with a learning rate, where the message is little else: "lr one point five e minus five"."""
    context, reading = asked.context, asked.reading
    vague = reading.tool == NONE or reading.tools[reading.tool] < DOUBTFUL
    asks = asked.text.rstrip().endswith(("?", "？"))
    if not vague or asks or len(asked.text) > BRIEF or "learning_rate" not in clear_values(asked.text):
        return None
    before = context.args if context.tool in ("finetune_model", "recommend_model") else {}
    return "finetune_model", {
        **arguments("finetune_model", asked),
        **known("finetune_model", {**before, **context.offer}),
        **said("finetune_model", asked),
    }


_EPOCHS = re.compile(r"epoch|round|pass|轮|遍", re.IGNORECASE)


def same_again(asked: Asked) -> str | None:
    """The last action, where the message wants the same for something else ("now the same for the other file")."""
    doubtful = asked.reading.tools[asked.reading.tool] < SURELY_ELSE
    return asked.context.tool if doubtful and _SAME.search(asked.text) else None


_SAME = re.compile(
    r"\b(?:the same|same (?:for|on|with|again|thing|here))\b|同样|也(?:给我)?(?:测|看|评|跑|试|查|来|比|压|算)",
    re.IGNORECASE,
)
SURELY_ELSE = 0.95


def _asking_tool(context: Context) -> str | None:
    """The action that the assistant has a question about: the last one that takes what it asks for."""
    if context.asks == "nothing":
        return None
    key = ARGUMENTS.get(context.asks, context.asks)
    for tool in (context.tool, context.asker):
        if tool and tool != NONE and known(tool, {key: True}):
            return tool
    return None


def _answers(asked: Asked, tool: str) -> bool:
    """Whether a message answers the open question rather than beginning something else."""
    reading = asked.reading
    if reading.act in ("yes", "no") and not _new_word(asked):
        return False
    if asked.context.asks in FREE and len(asked.text.split()) == 1 and len(asked.text) <= SHORT:
        elsewhere = reading.tool != tool and reading.tools[reading.tool] >= SURELY_ELSE
        return not elsewhere and (not CHINESE.search(asked.text) or reading.tool == tool)
    if asked.context.asks in ("text_col", "label_col") and _COLUMN.fullmatch(asked.text.strip()):
        return True
    listed = asked.context.listed.get(asked.context.asks) and place_said(asked.text)
    if listed and len(asked.text) <= BRIEF and reading.tools[reading.tool] < CLEAR:
        return True
    if reading.tool == tool and asked.context.asks != "text":
        return reading.act == "more" or len(asked.text) <= _short(asked.text)
    if asked.context.asks == "text":  # what is sent to be classified looks like a question or like talk
        return (
            reading.tool in ("search_knowledge", NONE, "predict", "redact_text")
            or reading.tools[reading.tool] < CLEAR
        )
    return len(asked.text) <= _short(asked.text) and reading.tools[reading.tool] < CLEAR


_COLUMN = re.compile(
    r"(?!(?:which|what|no|any|a|the|that|this|same|other)\b)[「“\"'`]?[\w\-]{1,24}[」”\"'`]?\s*(?:[那这這]?一?[列欄栏]|column|field)\W*",
    re.IGNORECASE,
)


def _new_word(asked: Asked) -> bool:
    """Whether a message is a single word that says neither yes nor no, where any word may be the answer."""
    word = asked.text.strip()
    free = asked.context.asks in FREE and len(word.split()) == 1 and word.isascii()
    return free and read_answer(word, {}, asked.context.tool or "", asked.situation) is None


def _short(text: str) -> int:
    """Characters of a bare answer; a Chinese one has fewer."""
    return SHORT * 2 // 3 if CHINESE.search(text) else SHORT
