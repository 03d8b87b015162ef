"""Logs: one JSON line an event, in the home and on stderr, with anything that looks personal or secret taken out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from typing import Any

import structlog

from assistant.home import Home

# Logs hold no user text on purpose; this net catches what an exception's message may carry along.
NET = re.compile(
    r"(?a)[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail addresses
    r"|(?<![\w.])\+?\d(?:[ .()-]{0,2}\d){8,18}[Xx]?(?![\w.])"  # cards, phones, identity cards, accounts
    r"|(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])"  # IBANs
    r"|(?<![A-Za-z0-9])(?:sk-|pk_|gh[pousr]_|hf_|xox[abprs]-|AIza|AKIA|eyJ)[\w.-]{8,}"  # keys and tokens
    r"|(?<=[?&#]token=)[\w.-]+"
)


def scrubbed(value: Any) -> Any:
    """A text without what looks personal or secret; anything else as it is."""
    return NET.sub("<hidden>", value) if isinstance(value, str) else value


def scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """A structlog processor: replace what looks personal or secret in every text value."""
    return {key: scrubbed(value) for key, value in event.items()}


def log() -> Any:
    """The program's logger; without :func:`configure` it writes plain lines to stderr."""
    if not structlog.is_configured():
        # structlog's own default prints the local variables of a traceback, and with them what users wrote.
        structlog.configure(
            processors=[structlog.processors.format_exc_info, scrub, structlog.processors.JSONRenderer()],
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )
    return structlog.get_logger()


def configure(home: Home, verbose: bool = False) -> None:
    """Send the logs to ``logs/assistant.jsonl`` in the home (10 MB, five old ones kept), warnings to stderr too.

    Args:
        home: the home folder.
        verbose: send everything to stderr.
    """
    file = RotatingFileHandler(home.logs / "assistant.jsonl", maxBytes=10 << 20, backupCount=5, delay=True)
    console = logging.StreamHandler(sys.stderr)
    console.setLevel(logging.INFO if verbose else logging.CRITICAL)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        scrub,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        processor=structlog.processors.JSONRenderer(ensure_ascii=False), foreign_pre_chain=shared
    )
    for handler in (file, console):
        handler.setFormatter(formatter)
    logging.basicConfig(handlers=[file, console], level=logging.INFO, force=True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
