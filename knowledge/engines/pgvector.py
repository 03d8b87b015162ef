"""PostgreSQL with pgvector: a table for each knowledge base, with an HNSW index once it is large."""

from typing import Any

import psycopg
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore
from langchain_postgres import Column, PGEngine, PGVectorStore
from langchain_postgres.v2.indexes import HNSWIndex
from sqlalchemy import NullPool, create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from knowledge.errors import VectorStoreUnusable
from knowledge.kept_index import EXACT

SECONDS = 10  # until a connection is given up
# An index search goes on until it has as many as were asked for, filtered ones too (pgvector 0.8). LangChain commits
# each row by itself, so the disk is waited for once a batch, in flush.
OPTIONS = "-c hnsw.iterative_scan=strict_order -c hnsw.ef_search=100 -c synchronous_commit=off"


class PGVector:
    """See :class:`knowledge.engines.engine.Engine`.

    Args:
        address: as SQLAlchemy takes it, or ``postgresql://…``.
    """

    title = "PostgreSQL"
    # ValueError: LangChain's, for a table that is gone.
    failures = (SQLAlchemyError, psycopg.Error, OSError, ValueError)
    one_at_a_time = False

    def __init__(self, address: str):
        url = make_url(address).set(drivername="postgresql+psycopg")
        arguments = {"options": OPTIONS, "connect_timeout": SECONDS}
        self.where = url.render_as_string(hide_password=True)
        self._engine = PGEngine.from_connection_string(url, pool_pre_ping=True, connect_args=arguments)
        self._plain = create_engine(url, poolclass=NullPool, connect_args=arguments)

    def open(self, name: str, dimension: int, embeddings: Embeddings) -> VectorStore:
        """The table of this name, made where there is none."""
        if dimension and not self._there(name):
            self._engine.init_vectorstore_table(
                name,
                dimension,
                id_column=Column("langchain_id", "BIGINT"),
                metadata_columns=[Column("published", "BOOLEAN", nullable=False)],
                store_metadata=False,
            )
        return PGVectorStore.create_sync(self._engine, embeddings, name, metadata_columns=["published"])

    def count(self, name: str) -> int | None:
        """How many vectors the table holds."""
        if not self._there(name):
            return None
        with self._plain.connect() as connection:
            return connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()

    def drop(self, name: str) -> None:
        """Delete a table."""
        self._engine.drop_table(name)

    def published(self) -> Any:
        """The filter of a search among published documents."""
        return {"published": True}

    def flush(self) -> None:
        """Wait for the disk: a commit that does brings all earlier ones with it."""
        with self._plain.begin() as connection:
            connection.execute(text("SET LOCAL synchronous_commit = on"))
            connection.execute(text("SELECT txid_current()"))

    def settle(self, store: VectorStore, count: int) -> None:
        """Build the index when comparing every vector begins to take long."""
        assert isinstance(store, PGVectorStore)
        if count > EXACT and not store.is_valid_index():
            store.apply_vector_index(HNSWIndex())

    def _there(self, name: str) -> bool:
        return inspect(self._plain).has_table(name)


def opened(place: str, key: str | None) -> PGVector:
    """A PostgreSQL server.

    Args:
        place: its address, such as ``postgresql://user:password@host/database``.
        key: not used; the password stands in the address.

    Raises:
        VectorStoreUnusable: that is no address.
    """
    try:
        return PGVector(place)
    except ArgumentError as error:
        raise VectorStoreUnusable(
            "The address after pgvector: is none of PostgreSQL.",
            "Write postgresql://USER:PASSWORD@HOST/DATABASE.",
        ) from error
