"""Qdrant: a server, or its client's own small engine in a folder or in memory, for one process and trying out."""

from typing import Any
from urllib.parse import urlsplit

from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore
from langchain_qdrant import QdrantVectorStore
from langchain_qdrant.qdrant import QdrantVectorStoreError
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException

from knowledge.errors import VectorStoreAway

SECONDS = 60  # until an answer is given up; a server busy with its index lets additions wait
PUBLISHED = "metadata.published"


class Qdrant:
    """See :class:`knowledge.engines.engine.Engine`.

    Args:
        client: reaches it.
        where: its address.
        local: it is computed in this process.
    """

    title = "Qdrant"
    failures = (
        ApiException,
        QdrantVectorStoreError,
        OSError,
        ValueError,
    )  # ValueError: no such collection here

    def __init__(self, client: QdrantClient, where: str, local: bool):
        self._client, self.where, self.one_at_a_time = client, where, local

    def open(self, name: str, dimension: int, embeddings: Embeddings) -> VectorStore:
        """The collection of this name, made where there is none."""
        if dimension and not self._client.collection_exists(name):
            size = models.VectorParams(size=dimension, distance=models.Distance.COSINE)
            self._client.create_collection(name, vectors_config=size)
            if not self.one_at_a_time:  # visitors' searches are filtered by it
                self._client.create_payload_index(name, PUBLISHED, models.PayloadSchemaType.BOOL)
        return QdrantVectorStore(self._client, name, embeddings, validate_collection_config=False)

    def count(self, name: str) -> int | None:
        """How many vectors the collection holds."""
        if not self._client.collection_exists(name):
            return None
        return self._client.count(name, exact=True).count

    def drop(self, name: str) -> None:
        """Delete a collection."""
        self._client.delete_collection(name)

    def published(self) -> Any:
        """The filter of a search among published documents."""
        condition = models.FieldCondition(key=PUBLISHED, match=models.MatchValue(value=True))
        return models.Filter(must=[condition])

    def flush(self) -> None:
        """Nothing to do: the client waits until the server has it in its log."""

    def settle(self, store: VectorStore, count: int) -> None:
        """Nothing to do: a server builds its index by itself."""


def opened(place: str, key: str | None) -> Qdrant:
    """A server (``http://host:6333``), a folder, or in memory (``""``).

    Args:
        place: which.
        key: the server's API key.

    Raises:
        VectorStoreAway: another process uses the folder.
    """
    if place.startswith(("http://", "https://")):
        parts = urlsplit(place)
        client = QdrantClient(url=place, api_key=key, timeout=SECONDS, check_compatibility=False)
        return Qdrant(client, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", local=False)
    if not place:
        return Qdrant(QdrantClient(":memory:"), "memory", local=True)
    try:
        return Qdrant(QdrantClient(path=place), place, local=True)
    except RuntimeError as error:
        raise VectorStoreAway(
            "Another process uses the folder with the documents' vectors.",
            "Stop it, or run a Qdrant server, which many processes may use.",
        ) from error
