"""What a vector engine must do, which ones there are, and how a setting names one."""

import importlib
import importlib.util
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from knowledge.errors import VectorStoreUnusable
from knowledge.store import Store
from knowledge.vectors import Vectors

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.vectorstores import VectorStore

# Kind → the package that it is reached by; the module of the same name here opens it.
PACKAGES = {"qdrant": "langchain_qdrant", "pgvector": "langchain_postgres"}


class Engine(Protocol):
    """One server (or folder) that keeps vectors. Nothing is connected before it is asked for something.

    Attributes:
        title: what people call it.
        where: its address without passwords.
        failures: what is raised where it is away, refuses or is damaged.
        one_at_a_time: it must not be used by two threads at once.
    """

    title: str
    where: str
    failures: tuple[type[Exception], ...]
    one_at_a_time: bool

    def open(self, name: str, dimension: int, embeddings: "Embeddings") -> "VectorStore":
        """The collection of this name, made where there is none, as LangChain's interface."""

    def count(self, name: str) -> int | None:
        """How many vectors the collection holds; None where there is no such collection."""

    def drop(self, name: str) -> None:
        """Delete a collection and all in it; none is fine too."""

    def published(self) -> Any:
        """The filter of a search among published documents."""

    def flush(self) -> None:
        """What was added and deleted so far survives the engine's sudden end."""

    def settle(self, store: "VectorStore", count: int) -> None:
        """Called after vectors were added: make what searches among so many need."""


def chosen(address: str, key: str | None = None) -> Callable[[Store, Path], Vectors]:
    """What keeps the vectors of a knowledge base, as :class:`knowledge.base.KnowledgeBase` takes it.

    Args:
        address: ``""`` (the base's own FAISS file), ``qdrant:`` and a server's address or a folder (or nothing: in
            memory), or ``pgvector:`` and a PostgreSQL address.
        key: the server's API key, where it wants one.

    Raises:
        VectorStoreUnusable: no such engine, or its package is not installed.
    """
    if not address:
        return Vectors
    kind, colon, place = address.partition(":")
    if kind not in PACKAGES or not colon:
        raise VectorStoreUnusable(
            f"There is no vector store {re.sub('//.*@', '//…@', address)}.",
            "Use qdrant:http://HOST:6333 or pgvector:postgresql://USER:PASSWORD@HOST/DATABASE.",
        )
    if importlib.util.find_spec(PACKAGES[kind]) is None:
        raise VectorStoreUnusable(
            f"The package for the vector store {kind} is not installed.",
            f"Run pip install 'startup-assistant[{kind}]', or unset ASSISTANT_VECTOR_STORE.",
        )
    from knowledge.engines.vectors import EngineVectors

    opened = partial(importlib.import_module, f"knowledge.engines.{kind}")
    return partial(EngineVectors, engine=lambda: opened().opened(place, key))
