"""What a chat completion is asked with and answered with, in OpenAI's shapes."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from assistant.api.fields import Body, FreeText, Name
from assistant.errors import BadRequest

MOST_TOKENS = 2**31 - 1  # what a model's window has no room for is left away


class Part(Body):
    """A part of a message; only texts are understood."""

    type: Name
    text: FreeText | None = None


class Message(Body):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: FreeText | Annotated[list[Part], Field(max_length=100)] | None = None

    @property
    def text(self) -> str:
        """The message's words."""
        if isinstance(self.content, list):
            if strange := [part.type for part in self.content if part.type != "text"]:
                raise BadRequest(
                    f"Messages cannot hold {strange[0]} parts.",
                    "Send text; attach files by name.",
                    "messages",
                )
            return "\n".join(part.text or "" for part in self.content)
        return self.content or ""


class StreamOptions(Body):
    """What a stream carries beside the answer."""

    include_usage: bool | None = None


class Wanted(Body):
    """How an answer is wanted."""

    stream: bool | None = False
    stream_options: StreamOptions | None = None


class ChatRequest(Wanted):
    """A chat completion request. Fields of the OpenAI API that are not listed are accepted and have no effect.

    A model that writes texts takes no ``tools`` and no ``response_format`` but text; the assistant has its own tools.
    """

    model: Name
    messages: Annotated[list[Message], Field(min_length=1, max_length=2048)]
    max_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: FreeText | Annotated[list[FreeText], Field(max_length=4)] | None = None
    tools: Annotated[list[dict[str, Any]], Field(max_length=128)] | None = None
    tool_choice: Any = None
    response_format: dict[str, Any] | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    user: FreeText | None = None
    thread: Name | None = None
    approve: bool | None = None
    files: Annotated[list[Name], Field(max_length=20)] | None = None


class Reply(BaseModel):
    """The assistant's message."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The one answer."""

    index: int = 0
    message: Reply
    logprobs: None = None
    finish_reason: Literal["stop", "length"] = "stop"


class Usage(BaseModel):
    """Tokens, estimated as a quarter of the characters."""

    prompt_tokens: int
    completion_tokens: int = 0
    total_tokens: int


class ChatCompletion(BaseModel):
    """A whole answer; ``assistant`` holds the agent's steps, citations, approval and conversation."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    assistant: dict[str, Any] | None = None


def tokens(text: str) -> int:
    """About how many tokens a text has."""
    return -(-len(text) // 4)
