"""``assistant plan``: which tool the embedded brain would call for conversations on stdin, in bulk."""

import json
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from ui.cli.command import command
from ui.cli.opened import quiet
from ui.cli.output import Out, plain

ROLES = ("user", "assistant", "system", "tool")
LONGEST = 32_000  # characters of a message


def enter(app: typer.Typer) -> None:
    """Enter the command."""
    command(app, show=_scored)(plan)


def plan(
    out: Out,
    expect: Annotated[
        bool, typer.Option("--expect", help='Score lines that say what they "expect", and list the misses.')
    ] = False,
) -> dict[str, Any] | None:
    """Which tool the assistant would call, without running it.

    Reads JSON lines on stdin and prints one JSON line for each. A line holds "messages" ({"role", "content"} each) and
    what the workspace has: "files", "datasets", "models", "jobs".
    """
    quiet()
    from assistant.errors import BadRequest

    decided, wrong = [], 0
    for number, line in _lines():
        case, decision = _decide(line)
        wrong += "error" in decision
        if expect:
            decided.append((number, case, decision))
        else:
            out.document(decision)
    if expect:
        score = _score(decided)
        out.document(score) if out.as_json else out.line(_scored(score))
    if wrong:
        lines = "1 line" if wrong == 1 else f"{wrong:,} lines"
        raise BadRequest(f"{lines} could not be used.", 'Each holds a JSON object with "messages".')
    return None


def _lines() -> Iterator[tuple[int, bytes]]:
    """The lines of stdin that are not blank, each as soon as it is there, with their numbers."""
    for number, line in enumerate(iter(sys.stdin.buffer.readline, b""), 1):
        if line.strip():
            yield number, line


def _decide(line: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The case in a line, and the decision about it or what is wrong with it."""
    from assistant.brain.decide import decide
    from assistant.brain.situation import Situation
    from assistant.logs import log

    case: dict[str, Any] = {}
    try:
        case = _read(line)
        return case, decide(case["messages"], Situation.of(case)).as_dict()
    except (ValueError, RecursionError) as error:
        return case, {"error": f"The line cannot be used: {error}."}
    except Exception as error:
        log().warning("no decision", exc_info=error)
        return case, {"error": f"No decision could be made about this line ({type(error).__name__})."}


def _read(line: bytes) -> dict[str, Any]:
    """A line as a case.

    Raises:
        ValueError: it is not one; says why.
    """
    try:
        case = json.loads(line.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON ({error.msg})") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    if not isinstance(case, dict):
        raise ValueError("it is not a JSON object")
    messages = case.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValueError('"messages" is not a list with at least one message')
    for message in messages:
        _check(message)
    for name in ("files", "datasets", "models", "jobs"):
        if not isinstance(case.get(name) or [], list):
            raise ValueError(f'"{name}" is not a list')
    return case


def _check(message: Any) -> None:
    """A message has a role and a text.

    Raises:
        ValueError: this one has not.
    """
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise ValueError(f"a message needs a role, one of {', '.join(ROLES)}")
    if not isinstance(message.get("content"), str):
        raise ValueError("a message's content is not a text")
    if len(message["content"]) > LONGEST:
        raise ValueError(f"a message is longer than {LONGEST:,} characters")


def _score(decided: list[tuple[int, dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    """How often tool and arguments were as expected.

    Args:
        decided: line number, case and decision of each line; lines without ``expect`` do not count.
    """
    judged = [each for each in decided if isinstance(each[1].get("expect"), dict)]
    tools = sum(_same_tool(case["expect"], decision) for _, case, decision in judged)
    misses = [_miss(*each) for each in judged if not matches(each[1]["expect"], each[2])]
    acted = [each for each in judged if not each[2].get("options")]
    right = sum(_same_tool(case["expect"], decision) for _, case, decision in acted)
    return {
        "cases": len(judged),
        "tool_accuracy": _share(tools, len(judged)),
        "accuracy": _share(len(judged) - len(misses), len(judged)),
        "asked_back": len(judged) - len(acted),
        "tool_accuracy_where_it_acts": _share(right, len(acted)),
        "misses": misses,
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _same_tool(expected: dict[str, Any], decision: dict[str, Any]) -> bool:
    return "tool" in decision and decision["tool"] == expected.get("tool")


def matches(expected: dict[str, Any], decision: dict[str, Any]) -> bool:
    """Whether a decision is the expected one: the tool and all arguments, with nothing besides.

    A question's ``query`` counts only where it is expected in so many words.

    Args:
        expected: ``{"tool", "args"}``.
        decision: a line that ``plan`` printed.
    """
    wanted = expected.get("args") or {}
    got = {
        key: value for key, value in (decision.get("args") or {}).items() if key in wanted or key != "query"
    }
    same = got.keys() == wanted.keys() and all(_alike(got[key], wanted[key]) for key in wanted)
    return _same_tool(expected, decision) and same


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.strip().casefold() == other.strip().casefold()
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)


def _miss(number: int, case: dict[str, Any], decision: dict[str, Any]) -> dict[str, Any]:
    got = {
        key: decision[key]
        for key in ("tool", "args", "options", "error")
        if decision.get(key) or key == "tool" in decision
    }
    return {
        "line": number,
        "message": case["messages"][-1]["content"],
        "expected": case["expect"],
        "got": got,
    }


def _scored(score: dict[str, Any]) -> str:
    """A score for people."""
    if not score["cases"]:
        return 'No line says what it expects. Add "expect": {"tool": NAME or null, "args": {…}}.'
    lines = [
        f"{score['cases']:,} cases: right tool {100 * score['tool_accuracy']:.1f} %, "
        f"with all arguments {100 * score['accuracy']:.1f} %, asked back {score['asked_back']:,} times"
    ]
    for miss in score["misses"]:
        lines.append(f"line {miss['line']}: {plain(miss['message'])}")
        lines += [
            f"  {name}: {json.dumps(miss[key], ensure_ascii=False)}"
            for name, key in (("expected", "expected"), ("got     ", "got"))
        ]
    return "\n".join(lines)
