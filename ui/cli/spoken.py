"""A turn as text in a terminal: the reply on stdout as it comes, steps and what to do next on stderr."""

import shlex
from collections import Counter
from typing import Any

from assistant.agent import events
from assistant.agent.outcome import Outcome
from ui.cli.output import Out, note, plain
from ui.pages.render import ENDINGS, STEPS

QUOTED = 200  # characters of a passage


class Spoken:
    """Tells the events of one turn.

    Args:
        out: where the reply goes.
    """

    def __init__(self, out: Out):
        self._out, self._mid_line = out, False
        self._args: dict[str, dict[str, Any]] = {}
        self._under_way = ""

    def tell(self, event: events.Event) -> None:
        """One event."""
        match event:
            case events.Token(text):
                self._out.write(text)
                self._mid_line = not text.endswith("\n")
            case events.ToolStarted(call, _, args):
                self._args[call] = args
            case events.ToolProgress(_, message) if message != self._under_way:
                self._end_line()
                note(f"· {message} …")
                self._under_way = message
            case events.ToolFinished(call, name, status):
                self._end_line()
                about = plain({key: value for key, value in self._args.get(call, {}).items() if value})
                note(f"· {STEPS.get(name, name)}{f' ({about})' if about else ''}{ENDINGS.get(status, '')}")

    def close(self, outcome: Outcome) -> None:
        """What belongs below the reply."""
        self._end_line()
        if outcome.failed:
            return
        if outcome.citations:
            self._out.line()
        for each in outcome.citations:
            self._out.line(f"[{each['number']}] {each['source']}: {plain(each['text'])[:QUOTED]}")
        for each in outcome.artifacts:
            self._out.line(f"{each['title']}: {each['path']}")
        for line in _below(outcome):
            note(line)

    def _end_line(self) -> None:
        if self._mid_line:
            self._out.line()
            self._mid_line = False


def _below(outcome: Outcome) -> list[str]:
    """Notes: what was taken out, what could be said next, and how."""
    lines = []
    if taken := Counter(each["entity_type"] for each in outcome.redactions):
        kinds = ", ".join(f"{kind} ×{count}" if count > 1 else kind for kind, count in taken.items())
        lines.append(f"· Personal data taken out before anything was stored: {kinds}")
    if outcome.suggestions and not outcome.approval:
        lines.append(f"· You could say: {' · '.join(outcome.suggestions)}")
    go_on = f"assistant chat --thread {shlex.quote(str(outcome.thread))}"
    lines.append(f"· To approve: {go_on} yes" if outcome.approval else f'· To go on: {go_on} "…"')
    return lines
