"""Errors of the knowledge package, and the root of every error this product raises on purpose.

TeachingError                     what is wrong, and what to do next
└── KnowledgeError
    ├── SourceError               a file or address that cannot be read
    ├── UnknownSource             no such source in the knowledge base
    ├── IndexDamaged              the stored index does not match its documents
    ├── VectorStoreAway           the other engine that keeps the vectors does not answer
    └── VectorStoreUnusable       there is no such engine, or it is not installed
"""


class TeachingError(Exception):
    """An error meant for people: a message that says what is wrong and a hint that says what to do.

    Doors translate it: the command line prints ``str(error)`` on one line and exits with ``exit_code``,
    the API answers with ``status`` and ``code`` in OpenAI's error shape, the chat shows it as a line.

    Args:
        message: what is wrong, in one sentence.
        hint: what to do next, in one sentence.
        param: the argument or field at fault, where there is one.
    """

    exit_code = 1
    status = 500
    code = "internal_error"

    def __init__(self, message: str, hint: str = "", param: str | None = None):
        super().__init__(message)
        self.message, self.hint, self.param = message, hint, param

    def __str__(self) -> str:
        return " ".join(f"{self.message} {self.hint}".split())

    def __reduce__(self):
        return type(self), (self.message, self.hint, self.param)


class KnowledgeError(TeachingError):
    """Something went wrong in the knowledge base."""


class SourceError(KnowledgeError):
    """A file, folder or address that cannot be read as a document."""

    exit_code, status, code = 2, 400, "unreadable_source"


class UnknownSource(KnowledgeError):
    """A source that the knowledge base does not hold."""

    exit_code, status, code = 2, 404, "source_not_found"


class IndexDamaged(KnowledgeError):
    """The stored index cannot be used; ``assistant knowledge reindex`` rebuilds it."""

    code = "index_damaged"


class VectorStoreAway(KnowledgeError):
    """The engine that keeps the vectors does not answer now; it may be tried again."""

    status, code = 503, "vector_store_away"
    retry_after = 5


class VectorStoreUnusable(KnowledgeError):
    """There is no such engine for the vectors, or its package is not installed."""

    exit_code, code = 2, "vector_store_unusable"
