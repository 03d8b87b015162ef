"""Training conversations: made from the phrase banks, each with what is to be understood of its last message.

Kinds: a wish (alone, or after some other talk), a short phrase that goes on from the last action, an answer to the
assistant's question, an answer to its proposal, a moment of a talk written as a whole (``exchanges``), and messages of
the assistant itself (whose values "do that" means).
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from assistant.brain.ask import OFFERS
from assistant.brain.labels import NONE, TOOLS
from assistant.brain.recipe.noise import make_manner
from assistant.brain.recipe.own import own_reply
from assistant.brain.recipe.phrases import columns, lines
from assistant.brain.recipe.render import Rendered, Slot, render
from assistant.brain.recipe.scene import Scene, attach, make_scene

CHINESE = 0.36  # share of Chinese conversations
OWN = 0.35  # share of the assistant's replies in the words it really uses
# How much more often than its share of the banks a tool is wanted.
WEIGHTS = {
    "finetune_model": 2.0,
    "search_knowledge": 1.6,
    NONE: 1.4,
    "predict": 1.3,
    "explain_prediction": 1.2,
}
ASKED_OF = {
    "dataset": ("finetune_model", "inspect_dataset", "evaluate_model", "recommend_model"),
    "model": ("deploy_model", "undeploy_model", "evaluate_model", "benchmark_model", "predict", "explain_prediction"),
    "models": ("compare_models",),
    "text": ("predict", "explain_prediction", "redact_text"),
    "source": ("add_knowledge", "remove_knowledge"),
    "job": ("show_job", "cancel_job"),
    "task": ("recommend_model", "finetune_model"),
    "label_col": ("finetune_model",),
    "text_col": ("finetune_model",),
    "name": ("finetune_model",),
    "epochs": ("finetune_model",),
    "rate": ("finetune_model",),
    "method": ("finetune_model",),
    "base": ("finetune_model",),
}  # fmt: skip
ASKED_MORE = {"text": 3.5, "label_col": 1.5, "name": 1.3, "epochs": 1.3}
PERSONAL = "redact_text"


@dataclass(frozen=True)
class Example:
    """A conversation and what its last message means.

    ``history``: ``(role, text)`` before the message. ``role``: whose the message is. ``asks``: the slot it asks for.
    """

    message: str
    slots: tuple[Slot, ...]
    tool: str
    act: str
    scene: Scene
    history: tuple[tuple[str, str], ...] = ()
    role: str = "user"
    kind: str = ""
    asks: str = "nothing"


@dataclass
class Talk:
    """A conversation in the making."""

    rng: random.Random
    scene: Scene
    history: list[tuple[str, str]] = field(default_factory=list)

    def says(self, phrase: str, tool: str = "") -> Rendered:
        """The user says a phrase of a bank."""
        return render(self.rng, phrase, self.scene, make_manner(self.rng), _texts(self, tool))

    def add(self, role: str, phrase: str, tool: str = "") -> None:
        """Enter a phrase into the history."""
        said = self.says(phrase, tool) if role == "user" else render(self.rng, phrase, self.scene)
        self.history.append((role, said.text))

    def example(self, said: Rendered, tool: str, act: str, kind: str, role: str = "user") -> Example:
        """The conversation as an example."""
        return Example(said.text, said.slots, tool, act, self.scene, tuple(self.history), role, kind)


def conversations(seed: int, count: int) -> Iterator[Example]:
    """So many training conversations; the same for the same seed.

    Args:
        seed: of the random numbers.
        count: how many.
    """
    rng = random.Random(seed)
    kinds: list[tuple[Callable[[Talk], Example], float]] = [
        (_wish, 0.28),
        (_moment, 0.22),
        (_wish_after_talk, 0.08),
        (_followup, 0.08),
        (_talk_after, 0.03),
        (_answer, 0.10),
        (_choice, 0.03),
        (_decision, 0.07),
        (_again, 0.03),
        (_assistant, 0.08),
    ]
    makers, weights = zip(*kinds, strict=True)
    for _ in range(count):
        language = "zh" if rng.random() < CHINESE else "en"
        talk = Talk(rng, make_scene(rng, language))
        yield rng.choices(makers, weights)[0](talk)


@cache
def requests(language: str) -> dict[str, list[str]]:
    """The phrases of a wish by tool, the words on the assistant's own buttons among them."""
    at = 3 if language == "zh" else 2
    return {tool: lines(language, tool) + ([OFFERS[tool][at]] if tool in OFFERS else []) for tool in TOOLS}


@cache
def _shares(language: str) -> tuple[list[str], list[float]]:
    """Tools, and how often each is wished for: by the root of its bank's size, so that large banks do not rule."""
    return list(TOOLS), [
        WEIGHTS.get(tool, 1.0) * len(phrases) ** 0.5 for tool, phrases in requests(language).items()
    ]


def _some_tool(talk: Talk) -> str:
    tools, weights = _shares(talk.scene.language)
    return talk.rng.choices(tools, weights)[0]


def _attach(talk: Talk, tool: str, phrase: str) -> None:
    """Attach files as people do before they ask such a thing."""
    pointed = ":this|" in phrase or "{source}" in phrase
    share = 0.4 if tool in ("inspect_dataset", "add_knowledge", "finetune_model") else 0.1
    share = 0.85 if ":this|" in phrase else share
    if talk.rng.random() < share:
        document = tool == "add_knowledge" or (pointed and tool == "remove_knowledge")
        attach(talk.rng, talk.scene, document and talk.rng.random() < 0.85)


def _request(talk: Talk, tool: str) -> Rendered:
    phrase = talk.rng.choice(requests(talk.scene.language)[tool])
    _attach(talk, tool, phrase)
    return talk.says(phrase, tool)


def _wish(talk: Talk) -> Example:
    tool = _some_tool(talk)
    return talk.example(_request(talk, tool), tool, "new", "wish")


def _exchange(talk: Talk, tool: str) -> None:
    """An earlier wish and what the assistant answered."""
    said = _request(talk, tool)
    talk.history.append(("user", said.text))
    if talk.rng.random() < OWN and (reply := own_reply(talk.rng, tool, talk.scene)):
        talk.history.append(("assistant", reply))
        return
    replies = _by_tool(talk.scene.language, "replies").get(tool)
    if replies:
        talk.add("assistant", talk.rng.choice(replies))


@cache
def _by_tool(language: str, bank: str) -> dict[str, list[str]]:
    """The phrases of a bank by their first field."""
    found: dict[str, list[str]] = {}
    for tool, phrase in columns(language, bank, 2):
        found.setdefault(tool, []).append(phrase)
    return found


def _wish_after_talk(talk: Talk) -> Example:
    """A wish that has nothing to do with what went before; often in place of an answer."""
    before = _some_tool(talk)
    chance = talk.rng.random()
    if chance < 0.22:
        _ask(talk)
    elif chance < 0.44:
        _propose(talk)
    else:
        _exchange(talk, before)
    tool = _some_tool(talk)
    said = _request(talk, tool)
    if chance < 0.44 and tool != NONE and talk.rng.random() < 0.45:
        said = said.after(talk.rng.choice(lines(talk.scene.language, "interrupts")), talk.scene.language)
    return talk.example(said, tool, "new", "later wish")


def _followup(talk: Talk) -> Example:
    firsts, phrase, tool = talk.rng.choice(columns(talk.scene.language, "followups", 3))
    before = talk.rng.choice(firsts.split(",")).strip()
    before = _some_tool(talk) if before == "any" else before
    _exchange(talk, before)
    if talk.rng.random() < 0.08:  # small talk between
        talk.add("user", talk.rng.choice(requests(talk.scene.language)[NONE]))
        talk.add("assistant", talk.rng.choice(_by_tool(talk.scene.language, "replies")[NONE]))
    said = talk.says(phrase, tool)
    return talk.example(said, tool, "more" if tool == before else "new", "follow-up")


def _moment(talk: Talk) -> Example:
    """A wish, the answer and what is said next, written to fit each other."""
    first, reply, wish, act, phrase = talk.rng.choice(columns(talk.scene.language, "exchanges", 5))
    tool, _, attached = wish.partition("+")
    if first != "-":
        talk.add("user", first)
    talk.add("assistant", reply)
    if attached:
        attach(talk.rng, talk.scene, document=attached == "doc")
    return talk.example(talk.says(phrase, tool), tool, act, "moment")


def _talk_after(talk: Talk) -> Example:
    """Thanks, praise and the like after anything."""
    _exchange(talk, _some_tool(talk))
    return talk.example(
        talk.says(talk.rng.choice(lines(talk.scene.language, "thanks"))), NONE, "new", "thanks"
    )


def _ask(talk: Talk) -> tuple[str, str]:
    """The user wishes something, and the assistant asks for what is missing: the slot and the tool."""
    slot = talk.rng.choices(list(ASKED_OF), [ASKED_MORE.get(slot, 1.0) for slot in ASKED_OF])[0]
    tool = talk.rng.choice(ASKED_OF[slot])
    talk.history.append(("user", _request(talk, tool).text))
    talk.add("assistant", talk.rng.choice(_by_tool(talk.scene.language, "questions")[slot]))
    return slot, tool


def _answer(talk: Talk) -> Example:
    slot, tool = _ask(talk)
    answers = _by_tool(talk.scene.language, "answers")
    if talk.rng.random() < 0.12:
        return talk.example(talk.says(talk.rng.choice(answers["drop"])), NONE, "no", "dropped")
    phrase = talk.rng.choice(answers[slot])
    if slot == "text" and talk.rng.random() < 0.5:
        return talk.example(
            render(talk.rng, "{rawtext}", talk.scene, texts=_texts(talk, tool)), tool, "more", "answer"
        )
    return talk.example(talk.says(phrase, tool), tool, "more", "answer")


def _texts(talk: Talk, tool: str) -> str:
    return "personal" if tool == PERSONAL and talk.rng.random() < 0.8 else "texts"


def _choice(talk: Talk) -> Example:
    """The assistant asks and lists what there is; the user picks by place."""
    slot, question, answer = talk.rng.choice(columns(talk.scene.language, "choices", 3))
    tool = talk.rng.choice(ASKED_OF[slot])
    talk.history.append(("user", _request(talk, tool).text))
    talk.add("assistant", question)
    return talk.example(talk.says(answer), tool, "more", "choice")


def _propose(talk: Talk) -> str:
    """The assistant proposes something and waits for a yes: the tool."""
    tool, phrase = _proposal(talk)
    if talk.rng.random() < 0.85:
        asked = "recommend_model" if tool == "finetune_model" and talk.rng.random() < 0.3 else tool
        asked = _some_tool(talk) if talk.rng.random() < 0.25 else asked
        talk.history.append(("user", _request(talk, asked).text))
    talk.add("assistant", phrase)
    return tool


def _proposal(talk: Talk) -> tuple[str, str]:
    """A tool and words that propose it."""
    language, chance = talk.scene.language, talk.rng.random()
    if chance < 0.25:
        return "finetune_model", talk.rng.choice(lines(language, "plans"))
    proposals = _by_tool(language, "proposals" if chance < 0.6 else "offers")
    tool = talk.rng.choice(list(proposals))
    return tool, talk.rng.choice(proposals[tool])


def _decision(talk: Talk) -> Example:
    tool = _propose(talk)
    weights = {"yes": 4, "no": 3, "change": 6 if tool == "finetune_model" else 0}
    answer = talk.rng.choices(list(weights), list(weights.values()))[0]
    said = talk.says(talk.rng.choice(_answers(talk, answer, tool)))
    act = {"yes": "yes", "no": "no", "change": "more"}[answer]
    return talk.example(said, NONE if act == "no" else tool, act, "decision")


def _answers(talk: Talk, answer: str, tool: str) -> list[str]:
    """Phrases that say yes or no to an action, or agree and change something."""
    language = talk.scene.language
    if answer == "change":
        return _by_tool(language, "decisions")["change"] + 2 * lines(language, "changes")
    if talk.rng.random() < 0.4:
        return _by_tool(language, "agree" if answer == "yes" else "decline")[tool]
    return _by_tool(language, "decisions")[answer]


def _again(talk: Talk) -> Example:
    """A training is to be repeated with something changed, or gone on from."""
    _exchange(talk, "finetune_model")
    if talk.rng.random() < 0.4:
        talk.history[-1:] = []
        talk.add("assistant", talk.rng.choice(_by_tool(talk.scene.language, "replies")["show_job"]))
    said = talk.says(talk.rng.choice(lines(talk.scene.language, "again")))
    return talk.example(said, "finetune_model", "more", "again")


def _assistant(talk: Talk) -> Example:
    """What the assistant itself says: read for the values it proposes and for what it asks."""
    language, chance = talk.scene.language, talk.rng.random()
    asks = "nothing"
    if chance < 0.5:
        tool, phrase = _proposal(talk)
        asked = "recommend_model" if tool == "finetune_model" and talk.rng.random() < 0.4 else tool
    elif chance < 0.75:
        if talk.rng.random() < 0.25:
            asks, phrase, _ = talk.rng.choice(columns(language, "choices", 3))
        else:
            asks = talk.rng.choice(list(ASKED_OF))
            phrase = talk.rng.choice(_by_tool(language, "questions")[asks])
        tool = asked = talk.rng.choice(ASKED_OF[asks])
    else:
        tool = asked = _some_tool(talk)
        phrase = talk.rng.choice(_by_tool(language, "replies")[tool])
    talk.history.append(("user", _request(talk, asked).text))
    said = render(talk.rng, phrase, talk.scene)
    example = talk.example(said, tool, "new", "assistant", role="assistant")
    return replace(example, asks=asks)


def census(examples: list[Example]) -> dict[str, dict[str, int]]:
    """How many examples there are of each kind, tool and act."""
    return {
        part: dict(Counter(getattr(each, part) for each in examples).most_common())
        for part in ("kind", "tool", "act")
    }
