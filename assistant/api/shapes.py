"""What those routes answer that give a tool's result as it is, for the API's description; nothing is left away."""

from typing import Any

from pydantic import BaseModel, ConfigDict


def described(shape: Any, status: int = 200) -> dict[str, Any]:
    """Arguments of a route whose answer has a shape; the route's own annotation says no more than that it is JSON.

    Args:
        shape: a model, or several with ``|``.
        status: of the answer.
    """
    about = {"model": shape, "description": "Successful Response"}
    return {"status_code": status, "response_model": None, "responses": {status: about}}


class Shape(BaseModel):
    """A result; some kinds of models, and some wishes, add fields."""

    model_config = ConfigDict(extra="allow")


class FoundPassage(Shape):
    """A passage of a document; ``start`` and ``end`` are its characters there."""

    source: str
    title: str
    text: str
    score: float
    start: int
    end: int


class SearchResults(Shape):
    """Passages, best first."""

    results: list[FoundPassage]


class CitedPassage(FoundPassage):
    """The passage that ``[number]`` in the answer means."""

    number: int


class KnowledgeAnswer(Shape):
    """An answer; ``answered`` is false where the documents do not hold one."""

    answer: str
    citations: list[CitedPassage]
    answered: bool


class Faithfulness(Shape):
    """How far the prediction falls without what is said to matter, and with that alone; beside as much at random."""

    comprehensiveness: float | None = None
    sufficiency: float | None = None
    random_comprehensiveness: float | None = None
    random_sufficiency: float | None = None


class Attribution(Shape):
    """A word, its characters in the text, and how much it spoke for the prediction; against it below 0."""

    text: str
    start: int
    end: int
    attribution: float


class ExplainedPassage(Shape):
    """A passage that was read for an answer, and by how much its confidence falls without it."""

    source: str
    title: str
    text: str
    score: float
    cited: bool
    influence: float
    changes_answer: bool
    without: str | None


class ExplainedAnswer(Shape):
    """An answer, and the passages that it rests on, the most influential first."""

    question: str
    answer: str
    answered: bool
    confidence: float
    threshold: float
    passages: list[ExplainedPassage]
    rests_on: list[str]
    faithfulness: Faithfulness | None
    notes: list[str]


class Explanation(Shape):
    """Which words drove a prediction; of pictures ``patches``.

    ``other`` holds the second text's words of an embedding model, ``versus`` the second model's explanation.
    """

    prediction: dict[str, Any]
    target: str | None
    method: str
    tokens: list[Attribution] | None = None
    faithfulness: Faithfulness | None
    convergence_delta: float | None = None
    notes: list[str]


class Explanations(Shape):
    """An explanation of each text."""

    model: str
    explanations: list[Explanation]


class DrivingWord(Shape):
    """A word, how much it spoke for a label in the mean, and in how many texts."""

    word: str
    attribution: float
    texts: int


class ModelOverview(Shape):
    """What drives a model as a whole: by label its words, and what it confuses, where it is weak, how sure it is."""

    model: str
    data: str
    metrics: dict[str, Any]
    words: dict[str, list[DrivingWord]]
    confused: list[dict[str, Any]]
    slices: list[dict[str, Any]]
    calibration: dict[str, Any] | None
    label_errors: list[dict[str, Any]]
    label_error_count: int
    rows: int
    explained: int
    method: str
    warnings: list[str]


class ExportedConversation(Shape):
    """A conversation: what was said, and the steps of tools in between."""

    id: str
    title: str | None
    created_at: str
    updated_at: str
    messages: list[dict[str, Any]]


class QueuedJob(Shape):
    """The training, which goes on in the background: see ``/v1/fine_tuning/jobs``."""

    id: str
    kind: str
    status: str


class ChangedRetriever(Shape):
    """The encoder that finds passages from now on, and the one before."""

    retriever: str
    before: str


class UnansweredQuestion(Shape):
    """A question that no document answered, and how often it was asked."""

    number: int
    question: str
    asked: int
    visitors: int
    last_at: str
    settled_at: str | None


class UnansweredQuestions(Shape):
    """Such questions, the most frequent first."""

    questions: list[UnansweredQuestion]
