"""What a turn tells its door while it runs. Doors translate these into words, cards and lines; they decide nothing."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something that happened in a turn."""

    @property
    def kind(self) -> str:
        """The event's name on the wire: the class name in lower case."""
        return type(self).__name__.lower()

    def as_dict(self) -> dict[str, Any]:
        """The event as JSON-able fields, with its kind."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True)
class Heard(Event):
    """The user's message as it is kept: without personal data. Doors show this, not what was typed.

    ``id`` names the message in its conversation, for a later edit.
    """

    text: str
    files: list[str] = field(default_factory=list)
    id: str = ""


@dataclass(frozen=True)
class Stands(Event):
    """What a part of the conversation that was taken back had done; it is not undone. ``job`` is the job it started."""

    tool: str
    args: dict[str, Any]
    job: str = ""


@dataclass(frozen=True)
class Redacted(Event):
    """Personal data was taken out; ``where`` is ``message``, ``reply`` or a tool's name."""

    entity_type: str
    where: str


@dataclass(frozen=True)
class Token(Event):
    """A piece of the reply, safe to show."""

    text: str


@dataclass(frozen=True)
class ToolStarted(Event):
    """A tool runs with these arguments."""

    id: str
    name: str
    args: dict[str, Any]


@dataclass(frozen=True)
class ToolProgress(Event):
    """How far a running tool is: so many of ``steps`` (0 where they are not counted) of what the message says."""

    id: str
    message: str
    step: int = 0
    steps: int = 0


@dataclass(frozen=True)
class ToolFinished(Event):
    """A tool ended; ``status`` is ``succeeded``, ``failed``, ``declined`` or ``waiting`` (for approval)."""

    id: str
    name: str
    status: str
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ApprovalAsked(Event):
    """The turn ends here until the user says yes, no, or changes the arguments."""

    id: str
    tool: str
    args: dict[str, Any]
    summary: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Citation(Event):
    """A passage the reply rests on; ``number`` is the one in the reply, ``start`` and ``end`` are its document's.

    ``page`` is that of a PDF, or the slide; 0 where there are none.
    """

    number: int
    source: str
    text: str
    score: float
    passage: str = ""
    title: str = ""
    start: int = 0
    end: int = 0
    page: int = 0


@dataclass(frozen=True)
class Artifact(Event):
    """A picture or report was made."""

    kind_of: str
    path: str
    title: str
    id: str = ""


@dataclass(frozen=True)
class Choices(Event):
    """Answers or next steps offered as buttons."""

    options: list[str]


@dataclass(frozen=True)
class Failed(Event):
    """The turn could not be finished; the message says what to do.

    ``retry_after`` is after how many seconds it may be tried again, where that is known.
    """

    message: str
    code: str = "internal_error"
    retry_after: int | None = None


@dataclass(frozen=True)
class Stopped(Event):
    """The user stopped the turn; what was said so far stays."""


@dataclass(frozen=True)
class Done(Event):
    """The turn is over; ``model`` is the chat model that answered last in it."""

    thread: str
    reply: str
    approval: str | None = None
    model: str | None = None
