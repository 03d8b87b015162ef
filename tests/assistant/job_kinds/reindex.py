"""A job that counts as the others do, under the name of one that runs beside them."""

from tests.assistant.job_kinds.counting import run

__all__ = ["run"]
