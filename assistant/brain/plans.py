"""Scoring of decisions against what a team expects for its own phrases (``assistant plan --expect``)."""

from typing import Any


def score(decided: list[tuple[int, dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
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
    return "error" not in decision and decision["tool"] == expected.get("tool")


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
