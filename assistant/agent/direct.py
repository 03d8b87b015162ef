"""Calls of the catalogue's tools by programs that bring a model of their own, outside any conversation.

They pass what the agent's calls pass: arguments checked and redacted, the caller's role, approvals, results redacted.
As there is no conversation in which to say yes, an approval is remembered for the very action, tool and arguments:
whoever calls again after the yes gets one run of it.
"""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from assistant.access.principal import Principal
from assistant.access.quotas import TOKENS, tokens_of
from assistant.access.roles import allow
from assistant.agent import approvals as states
from assistant.agent.approvals import Approvals
from assistant.agent.calls import TOLD, checked, previewed, run_tool, settled
from assistant.agent.context import TurnContext
from assistant.agent.outcome import public
from assistant.agent.parts import Parts
from assistant.agent.redaction import clean_result
from assistant.agent.said import writable
from assistant.agent.vault import CallVault
from assistant.errors import AppError, BadRequest, Conflict
from assistant.logs import log
from knowledge.errors import TeachingError
from tools.catalog.registry import catalog

THREAD = "direct-"  # and the user's id: the thread of approvals that no conversation holds
LONGEST = 100_000  # characters of one text among the arguments
# How long a question waits, a yes is good for, and a no is remembered.
OPEN_FOR, YES_FOR, NO_FOR = timedelta(days=1), timedelta(hours=1), timedelta(minutes=5)
UNTOUCHED = {"redact_text"}  # takes personal data out itself, and says what it took out


@dataclass
class Call:
    """A call that may be made: its redacted arguments, and the approval that it needs."""

    name: str
    args: dict[str, Any]
    approval: dict[str, Any] | None = None

    @property
    def status(self) -> str:
        """``granted`` where it may run; otherwise ``open`` or ``declined``."""
        return self.approval["status"] if self.approval else states.GRANTED


@dataclass(frozen=True)
class Ran:
    """What came of a call: its result as it may leave the server, and the pictures and reports that were made."""

    result: dict[str, Any]
    artifacts: list[dict[str, Any]] = field(default_factory=list)


class DirectCalls:
    """The calls of all programs.

    Args:
        parts: what the application gives the agent.
        approvals: what waits for a yes.
    """

    def __init__(self, parts: Parts, approvals: Approvals):
        self._parts, self._approvals = parts, approvals

    def context(self, principal: Principal) -> TurnContext:
        """What one call carries: the caller, their workspace, and the gates."""
        redactor = self._parts.redactor(principal)
        return TurnContext(
            principal=principal,
            thread_id=f"{THREAD}{principal.user_id}",
            workspace=self._parts.workspace(principal, None, ()),
            approvals=self._approvals,
            redactor=redactor,
            system_prompt="",
            allow=redactor.sayable(self._parts.names()),
            vault=CallVault(),
        )

    def prepare(self, context: TurnContext, name: str, args: dict[str, Any], anew: bool = False) -> Call:
        """Check a call, and open the approval that it needs unless it was asked for already.

        Args:
            context: see :meth:`context`.
            name: the tool.
            args: its arguments as the program gave them.
            anew: ask again after a no, however short ago it was.

        Raises:
            TeachingError: the call cannot be made.
        """
        args = _writable(checked(name, args, list(catalog())))
        allow(context.principal, catalog()[name].risk)
        if name not in UNTOUCHED:
            args = clean_result(args, context)[0]
        if catalog()[name].risk != "approve":
            return Call(name, args)
        return Call(name, args, self._approval(context, name, args, anew))

    def _approval(self, context: TurnContext, name: str, args: dict[str, Any], anew: bool) -> dict[str, Any]:
        asked = self._approvals.same(context.thread_id, name, args)
        if asked and _stands(asked, anew):
            return asked
        if asked:
            self._approvals.withdraw(context.thread_id, [asked["call_id"]])
        details = previewed(context, catalog()[name], args)
        call_id = f"call-{secrets.token_hex(6)}"
        return self._approvals.ask(context.thread_id, call_id, name, args, details)

    def run(self, context: TurnContext, call: Call) -> Ran:
        """Make the call; its approval is used up.

        Raises:
            Conflict: the approval was not granted, or another call has used it.
            TeachingError: what the tool raised.
        """
        self._parts.quotas.check(context.principal, TOKENS)
        if call.approval and not self._approvals.done(call.approval["id"]):
            raise Conflict("This approval has been used.", "Call the tool again to ask for another.")
        if (
            call.approval and call.name in TOLD
        ):  # this call's vault learns what the question's placeholders stood for
            with contextlib.suppress(TeachingError):
                previewed(context, catalog()[call.name], call.args)
        try:
            result = run_tool(context, call.name, settled(call.approval) if call.approval else call.args)
        except TeachingError:
            raise
        except Exception as error:
            log().exception("tool failed", tool=call.name)
            raise AppError(f"{call.name} broke down.", "Details are in the log.") from error
        cleaned, _ = clean_result(result, context)
        artifacts = [
            each | {"id": self._parts.record(each, context.principal, context.thread_id)}
            for each in cleaned.get("artifacts") or []
        ]
        shown = _plain(public(cleaned))
        if self._parts.quotas.counts(TOKENS):
            told = json.dumps([call.args, shown], ensure_ascii=False)
            self._parts.quotas.add(context.principal, TOKENS, tokens_of(told))
        return Ran(shown, artifacts)

    def problem(self, context: TurnContext, error: TeachingError) -> dict[str, Any]:
        """An error as the program may read it."""
        told = {"error": error.message, "hint": error.hint, "code": error.code}
        return clean_result(told, context)[0]

    def waiting(self, user_id: str | None = None) -> list[dict[str, Any]]:
        """The approvals that programs wait for, newest first.

        Args:
            user_id: whose programs; everybody's where left out.
        """
        return self._approvals.waiting(f"{THREAD}{user_id or '%'}")

    def decide(
        self, approval_id: str, granted: bool, by: Principal, any_user: bool = False
    ) -> dict[str, Any]:
        """Answer an approval that a program waits for.

        Args:
            approval_id: the approval.
            granted: yes or no.
            by: who answers.
            any_user: it may be another user's, too.

        Raises:
            BadRequest: no such approval waits (for this user).
            Forbidden: the role does not include approving.
            Conflict: somebody was quicker.
        """
        allow(by, "approve")
        rows = self.waiting(None if any_user else by.user_id)
        row = next((each for each in rows if each["id"] == approval_id), None)
        if row is None:
            raise BadRequest(
                f"No approval {approval_id} waits.",
                "It was answered already, or is another user's.",
                "approval",
            )
        status = states.GRANTED if granted else states.DECLINED
        self._approvals.decide(approval_id, status, by.user_id)
        return self._approvals.get(approval_id, row["thread_id"])


def _stands(asked: dict[str, Any], anew: bool) -> bool:
    """Whether an earlier question or answer still counts."""
    if asked["status"] == states.OPEN:
        return _within(OPEN_FOR, asked["created_at"])
    if asked["status"] == states.GRANTED:
        return _within(YES_FOR, asked["decided_at"])
    return asked["status"] == states.DECLINED and not anew and _within(NO_FOR, asked["decided_at"])


def _within(span: timedelta, moment: str) -> bool:
    return datetime.now(UTC) - datetime.fromisoformat(moment) < span


def _writable(value: Any) -> Any:
    """Arguments without what no database stores.

    Raises:
        BadRequest: a text is longer than is accepted.
    """
    if isinstance(value, dict):
        return {key: _writable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_writable(each) for each in value]
    if isinstance(value, str) and len(value) > LONGEST:
        raise BadRequest(f"A text has {len(value):,} characters; {LONGEST:,} is the most.", "Shorten it.")
    return writable(value) if isinstance(value, str) else value


def _plain(result: Any) -> Any:
    """A result as JSON holds it; numbers that JSON does not know become null."""
    return json.loads(json.dumps(result, default=os.fspath), parse_constant=lambda _: None)
