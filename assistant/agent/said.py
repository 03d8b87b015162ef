"""What a user gives a turn, and the message that the conversation keeps of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.agent.events import Heard, Stands
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from langchain_core.messages import HumanMessage

LONGEST = 32_000  # characters of a message


@dataclass(frozen=True)
class Said:
    """What the user gives a turn; see :meth:`Agent.turn`."""

    text: str = ""
    files: list[str] = field(default_factory=list)
    decision: dict[str, Any] | None = None
    auto_approve: bool = False

    def check(self) -> None:
        """Refuse what is too long to be a message."""
        if len(self.text) > LONGEST:
            raise BadRequest(
                f"The message has {len(self.text):,} characters; {LONGEST:,} is the most.",
                "Attach the text as a file.",
                param="message",
            )


def message_of(heard: Heard, stands: Sequence[Stands]) -> "HumanMessage":
    """The user's message as the conversation keeps it."""
    from langchain_core.messages import HumanMessage

    more: dict[str, Any] = {"files": heard.files} if heard.files else {}
    if stands:
        more["stands"] = [asdict(each) for each in stands]
    return HumanMessage(heard.text, id=heard.id, additional_kwargs=more)


def writable(message: str) -> str:
    """The message without what no database stores: NUL characters and halves of surrogate pairs."""
    return message.replace("\0", "").encode("utf-8", "replace").decode()


def question_for(files: list[str]) -> str:
    """What a message without words asks: the question its files suggest."""
    from assistant.workspace.files import DATASETS

    if not files:
        return ""
    if Path(files[0]).suffix.lower() in DATASETS:
        return f"What is in {files[0]}?"
    return f"Add {files[0]} to the knowledge base"
