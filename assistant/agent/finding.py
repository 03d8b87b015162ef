"""Conversations by their words, the way people remember them: what the title says, or what was said."""

import functools
from typing import Any

from assistant.access.principal import Principal
from assistant.agent.agent import Agent
from assistant.errors import Missing

NEWEST = 300  # conversations whose words are looked through; of older ones the title counts
REMEMBERED = 1_000  # conversations whose words stay in memory until they change


def found(agent: Agent, who: Principal, words: str) -> list[dict[str, Any]]:
    """The caller's conversations that hold all of some words, the last used first.

    Args:
        agent: whose conversations they are.
        who: the caller; nobody finds another's.
        words: in any order and any case; all conversations where there are none.
    """
    wanted = words.casefold().split()
    rows = agent.threads.list(who.user_id)
    if not wanted:
        return rows

    def holds(at: int, row: dict[str, Any]) -> bool:
        title = (row["title"] or "").casefold()
        if all(word in title for word in wanted):
            return True
        said = _said(agent, who, row["id"], str(row["updated_at"])) if at < NEWEST else ""
        return all(word in said or word in title for word in wanted)

    return [row for at, row in enumerate(rows) if holds(at, row)]


def forget() -> None:
    """Remember no conversation's words any more; called when one was deleted."""
    _said.cache_clear()


@functools.lru_cache(REMEMBERED)
def _said(agent: Agent, who: Principal, thread_id: str, updated_at: str) -> str:
    """What was said in a conversation, in lower case; ``updated_at`` makes it be read anew when more was said."""
    try:
        lines = agent.history(who, thread_id)
    except Missing:  # deleted meanwhile
        return ""
    return "\n".join(line.text for line in lines if line.role != "tool").casefold()
