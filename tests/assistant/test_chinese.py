"""What tools say is told in Chinese to those who write Chinese."""

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.agent.failures import explained
from assistant.brain.replies import chinese
from assistant.brain.replies.compose import compose
from knowledge.errors import SourceError, TeachingError

ROOT = Path(chinese.__file__).parents[3]
CATALOGUE: dict[str, str] = json.loads(
    Path(chinese.__file__).with_name("zh.json").read_text(encoding="utf-8")
)
HOLE = re.compile(r"\{(\d+)\}")
# Nothing but what is filled in: a pattern of them would match every sentence.
BARE = {"{0}", "{0}.", "{0} is {1}.", "{0} has {1}.", "{0} ({1}) {2}.", "{0}@{1} is {2}@{3}."}


def _errors() -> set[str]:
    """The names of all errors that are meant for people."""
    for module in ("tools.errors", "assistant.errors", "knowledge.filters"):
        importlib.import_module(module)
    kinds, names = [TeachingError], set()
    while kinds:
        kind = kinds.pop()
        names.add(kind.__name__)
        kinds += kind.__subclasses__()
    return names


def _templates(node: ast.expr) -> list[str]:
    """A sentence as the catalogue holds it; of a choice, both."""
    match node:
        case ast.Constant(value=str(text)):
            return [text.replace("{", "{{").replace("}", "}}")]
        case ast.IfExp():
            return _templates(node.body) + _templates(node.orelse)
        case ast.JoinedStr():
            holes = iter(range(len(node.values)))
            return [
                "".join(
                    str(p.value) if isinstance(p, ast.Constant) else f"{{{next(holes)}}}" for p in node.values
                )
            ]
    return []


def _sentences() -> Iterator[tuple[str, str]]:
    """What errors say, with the place; the command line speaks English alone."""
    names = _errors()
    for package in ("knowledge", "tools", "assistant", "ui"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "cli" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                called = getattr(node, "func", None)
                if getattr(called, "id", getattr(called, "attr", "")) not in names:
                    continue
                keywords = [each.value for each in node.keywords if each.arg in ("message", "hint")]
                for argument in [*node.args[:2], *keywords]:
                    yield from ((each, f"{path}:{node.lineno}") for each in _templates(argument) if each)


def test_every_error_has_its_chinese() -> None:
    missing = {where: text for text, where in _sentences() if text not in CATALOGUE and text not in BARE}
    assert not missing, "Add these to assistant/brain/replies/zh.json"


def test_the_chinese_holds_nothing_else_than_the_english() -> None:
    for english, told in CATALOGUE.items():
        assert set(HOLE.findall(told)) <= set(HOLE.findall(english)), english
        assert english not in BARE


@pytest.mark.parametrize(
    ("english", "told"),
    [
        ("There is no kind of job named foo. Did you mean bar?", ("没有名为 foo 的任务种类。", "bar")),
        ("No row has both a text and a value in column label.", ("没有一行同时有文本和 label 列的值。",)),
        ("Nobody wrote this one: 5 of it. Try again.", ("Nobody wrote this one: 5 of it.", "请重试。")),
    ],
)
def test_sentences_are_told_as_far_as_they_are_known(english: str, told: tuple[str, ...]) -> None:
    said = chinese.sentences(english)
    assert all(part in said for part in told)


def test_a_long_text_is_left_as_it_is() -> None:
    text = "There is no model named " + "x. There is no " * 2_000
    assert chinese.sentences(text) == text


def test_a_tool_that_fails_is_told_in_the_users_language() -> None:
    failed = {"error": "There is no model named x.", "hint": "Try again.", "code": "not_found"}
    assert (
        compose("predict", {}, failed, "en").text
        == "That did not work: There is no model named x. Try again."
    )
    assert compose("predict", {}, failed, "zh").text == "没有成功：没有名为 x 的模型。请重试。"


def test_warnings_and_reasons_are_told_in_the_users_language() -> None:
    result = {"documents": 0, "chunks": 0, "skipped": [{"source": "It is empty.", "reason": "It is empty."}]}
    assert (
        compose("add_knowledge", {}, result, "zh").text == "⚠ 跳过 It is empty.：内容为空。"
    )  # a name stays a name


def test_a_turn_that_fails_is_told_in_the_users_language() -> None:
    with explained("zh") as failure:
        raise SourceError("It is empty.", "Try again.")
    assert failure[0].message == "内容为空。请重试。"
