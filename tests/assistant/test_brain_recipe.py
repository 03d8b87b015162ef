import random
from itertools import islice

import pytest

from assistant.brain.labels import ACTS, ASKS, NONE, POINTERS, SLOTS, TAGS, TOOLS
from assistant.brain.recipe.conversations import census, conversations
from assistant.brain.recipe.phrases import BANKS, LANGUAGES, BadPhrase, columns, lines, parse
from assistant.brain.recipe.render import render
from assistant.brain.recipe.scene import make_scene
from tools.catalog.registry import catalog

PHRASES = [*TOOLS, "plans", "changes", "again"]
TABLES = {"followups": 3, "choices": 3, "exchanges": 5} | dict.fromkeys(
    (
        "answers",
        "questions",
        "replies",
        "proposals",
        "offers",
        "agree",
        "decline",
        "decisions",
        "references",
        "names",
    ),
    2,
)


def test_tools_are_those_of_the_catalogue():
    by_rule = {"resume_job"}  # no part of what the encoder tells apart (`assistant/brain/resuming.py`)
    assert set(TOOLS) == {*catalog(), "none"} - by_rule


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_every_bank_can_be_read(language: str):
    for name in PHRASES:
        assert len(lines(language, name)) >= 45, name
        for line in lines(language, name):
            parse(line)
    for name, count in TABLES.items():
        for row in columns(language, name, count):
            for phrase in row:
                parse(phrase)
    assert {path.stem for path in (BANKS / language).glob("*.txt")} >= {*PHRASES, *TABLES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_name_tools_and_slots_that_exist(language: str):
    for firsts, _, tool in columns(language, "followups", 3):
        assert {part.strip() for part in firsts.split(",")} <= {*TOOLS, "any"}
        assert tool in TOOLS
    for _, _, wish, act, _ in columns(language, "exchanges", 5):
        tool, _, attached = wish.partition("+")
        assert tool in TOOLS
        assert attached in ("", "file", "doc")
        assert act in ACTS
        assert act != "no" or tool == NONE
    for name in ("replies", "proposals", "offers", "agree", "decline"):
        assert {tool for tool, _ in columns(language, name, 2)} <= set(TOOLS)
    assert {slot for slot, _ in columns(language, "questions", 2)} == set(ASKS) - {"nothing"}
    for key, _ in columns(language, "references", 2):
        slot, _, meaning = key.partition(":")
        assert slot in SLOTS
        assert meaning in POINTERS


@pytest.mark.parametrize("phrase", ["{colour}", "[model:purple|it]", "train {dataset", "[nothing|it]"])
def test_bad_markup_is_told(phrase: str):
    with pytest.raises(BadPhrase):
        parse(phrase)


def test_slots_stand_where_they_are_said_to():
    rng = random.Random(3)
    for _ in range(40):
        said = render(
            rng,
            "train {base!} on {dataset!} for {epochs} epochs, call it [name|my-name]",
            make_scene(rng, "en"),
        )
        found = {slot.slot: said.text[slot.start : slot.end] for slot in said.slots}
        assert found["name"] == "my-name"
        assert said.text.startswith(
            f"train {found['base']} on {found['dataset']} for {found['epochs']} epochs"
        )


def test_the_same_seed_gives_the_same_conversations():
    first, again, other = (list(conversations(seed, 50)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_conversations_cover_all_tools_acts_and_kinds():
    counts = census(list(conversations(5, 4000)))
    assert set(counts["tool"]) == set(TOOLS)
    assert min(counts["act"].values()) > 100
    assert len(counts["kind"]) == 11


def test_labels_fit_the_tokens():
    from assistant.brain.recipe import train
    from assistant.brain.recipe.features import IGNORED, feature

    meanings = train.glosses()
    _, eyes = train.build(list(meanings), list(meanings.values()))
    tagged = 0
    for example in islice(conversations(7, 200), 200):
        row = feature(example, eyes)
        judged = [tag for tag in row["tags"] if tag != IGNORED]
        assert len(row["tags"]) <= len(row["input_ids"]) == len(row["token_type_ids"])
        begun = sum(TAGS[tag].startswith("B-") for tag in judged)
        assert begun == sum(pointer != IGNORED for pointer in row["pointers"])
        tagged += begun
        if len(example.message) < 100:
            assert (
                begun >= len({(slot.start, slot.end) for slot in example.slots if slot.end > slot.start}) - 1
            )
    assert tagged > 100
