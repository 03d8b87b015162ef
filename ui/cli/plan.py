"""``assistant plan``: which tool the embedded brain would call for conversations on stdin, in bulk."""

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from ui.cli.command import command
from ui.cli.opened import quiet
from ui.cli.output import Out, plain

ROLES = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",  # what newer clients of the OpenAI API call it
    "tool": "tool",
}
WORDLESS = (
    "assistant",
    "tool",
)  # roles whose messages may lack a content: calls of tools alone, empty results
LONGEST = 32_000  # characters of a message
BLOCK = 1 << 16  # bytes taken from stdin at once
TOGETHER = 256  # lines that the encoder reads together
Case = tuple[int, dict[str, Any], str]  # a line's number, what it holds, and what is wrong with it


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
    for number, case, decision in _decisions():
        wrong += "error" in decision
        if expect:
            decided.append((number, case, decision))
        else:
            out.document(decision)
    if expect:
        from assistant.brain.plans import score

        found = score(decided)
        out.document(found) if out.as_json else out.line(_scored(found))
    if wrong:
        lines = "1 line" if wrong == 1 else f"{wrong:,} lines"
        raise BadRequest(f"{lines} could not be used.", 'Each holds a JSON object with "messages".')
    return None


def _decisions() -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
    """Number, case and decision of each line of stdin, as soon as the line is there.

    Lines that arrive together are read by the encoder together, which is several times faster.
    """
    number, rest = 0, b""
    stdin: Any = sys.stdin.buffer
    while block := stdin.read1(BLOCK):  # what has arrived, and no waiting for more: somebody may be typing
        *lines, rest = (rest + block).split(b"\n")
        yield from _decide_all(list(enumerate(lines, number + 1)))
        number += len(lines)
    yield from _decide_all([(number + 1, rest)])


def _decide_all(lines: list[tuple[int, bytes]]) -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
    """The decisions of some lines; blank ones are passed over."""
    for part in _parts([(number, *_case(line)) for number, line in lines if line.strip()]):
        _read_ahead([case for _, case, problem in part if not problem])
        for number, case, problem in part:
            yield number, case, _refused(problem) if problem else _decide(case)


def _parts(cases: list[Case]) -> Iterator[list[Case]]:
    """The lines as they are read together: no more messages than the encoder remembers until they are decided about."""
    from assistant.brain.reader import REMEMBERED

    part: list[Case] = []
    messages = 0
    for case in cases:
        own = len(case[1].get("messages", ()))
        if part and (len(part) == TOGETHER or messages + own > REMEMBERED // 2):
            yield part
            part, messages = [], 0
        part.append(case)
        messages += own
    if part:
        yield part


def _case(line: bytes) -> tuple[dict[str, Any], str]:
    """The case in a line, or what is wrong with it."""
    try:
        return _read(line), ""
    except (ValueError, RecursionError) as error:
        return {}, f"The line cannot be used: {error}."


def _refused(problem: str) -> dict[str, Any]:
    """A line about which nothing is decided, with every key that the others have."""
    return {"tool": None, "args": {}, "missing": [], "confidence": 0, "options": [], "error": problem}


def _read_ahead(cases: list[dict[str, Any]]) -> None:
    """Have the encoder read all messages of some cases at once; it remembers them."""
    from assistant.brain.decide import spoken
    from assistant.brain.encoding import views
    from assistant.brain.reader import reader
    from assistant.brain.situation import Situation

    with contextlib.suppress(ValueError, TypeError, KeyError):  # an odd case is told of when it is decided
        wanted = [(view, Situation.of(case)) for case in cases for view in views(spoken(case["messages"]))]
        reader().read_views(wanted)


def _decide(case: dict[str, Any]) -> dict[str, Any]:
    """The decision about a case, or what is wrong with it."""
    from assistant.brain.decide import decide
    from assistant.brain.situation import Situation

    try:
        return decide(case["messages"], Situation.of(case)).as_dict()
    except (ValueError, RecursionError) as error:
        return _refused(f"The line cannot be used: {error}.")
    except Exception as error:  # no line ends the reading of the others
        return _refused(f"No decision could be made about this line ({type(error).__name__}: {error}).")


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
    case["messages"] = [_message(message) for message in messages]
    if case["messages"][-1]["role"] != "user":
        raise ValueError("the last message is not the user's")
    for name in ("files", "datasets", "models", "jobs"):
        if not isinstance(case.get(name) or [], list):
            raise ValueError(f'"{name}" is not a list')
    return case


def _message(message: Any) -> dict[str, Any]:
    """A message as the brain takes it.

    Raises:
        ValueError: it has no role or no text; says why.
    """
    from assistant.agent.said import writable

    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise ValueError(f"a message needs a role, one of {', '.join(ROLES)}")
    role, text = ROLES[message["role"]], _text(message.get("content"))
    if text is None and role not in WORDLESS:
        raise ValueError("a message's content is not a text")
    if text and len(text) > LONGEST:
        raise ValueError(f"a message is longer than {LONGEST:,} characters")
    called = message.get("tool_calls") or []
    if not isinstance(called, list):
        raise ValueError('"tool_calls" is not a list')
    calls = [_call(call) for call in called]
    return {"role": role, "content": writable(text or ""), **({"tool_calls": calls} if calls else {})}


def _text(content: Any) -> str | None:
    """A content's words, whether it is a text or, as in the OpenAI API, a list of parts; None where it is neither."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else None
    parts = [part.get("text") for part in content if isinstance(part, dict)]
    return " ".join(part for part in parts if isinstance(part, str))


def _call(call: Any) -> dict[str, Any]:
    """A call of a tool, ``{"name", "args"}`` or as the OpenAI API has it.

    Raises:
        ValueError: it is neither.
    """
    call = call.get("function", call) if isinstance(call, dict) else {}
    args = call.get("args", call.get("arguments") or {})
    if isinstance(args, str):
        try:
            args = json.loads(args)
        except ValueError:  # cut off; what the conversation is about shows without them
            args = {}
    if not isinstance(call.get("name"), str) or not isinstance(args, dict):
        raise ValueError('a tool call needs a "name" and "args"')
    return {"name": call["name"], "args": args}


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
