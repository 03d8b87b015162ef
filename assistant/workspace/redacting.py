"""The redactor as the settings want it: with the model that finds names, and the installation's own salt."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.access.tokens import kept_secret
from assistant.settings import Settings
from tools.errors import NotFound

if TYPE_CHECKING:
    from tools.privacy.redactor import Redactor

EMBEDDED = "embedded"
NAME = re.compile(
    r"[A-Za-z0-9][\w.@-]{0,120}"
)  # of a model in the registry; a hub's id has a slash, a library a colon


def open_redactor(settings: Settings, folder_of: Callable[[str], Path], salted: bool = True) -> "Redactor":
    """A redactor.

    Args:
        settings: name the model.
        folder_of: the folder of a model in the registry; raises ``NotFound`` for unknown names.
        salted: with the installation's salt, which lies in the home; what hashes or invents values needs it.
    """
    from tools.privacy.redactor import Redactor

    salt = kept_secret(settings.where.folder("") / "redaction.key") if salted else None
    return Redactor(salt=salt, ner=_model(settings.ner, folder_of))


def _model(wish: str, folder_of: Callable[[str], Path]) -> Any:
    if wish == EMBEDDED or not NAME.fullmatch(wish) or Path(wish).expanduser().is_dir():
        return wish
    try:
        return _reader(folder_of(wish))
    except NotFound:
        return wish  # a Hugging Face id without an owner, such as bert-base-ner


def _reader(folder: Path) -> Callable[[str], list[tuple[str, int, int]]]:
    """A token classifier that was fine-tuned here, loaded at the first text."""

    @cache
    def model() -> Any:
        from tools.serving.predictor import load

        return load(folder)

    def read(text: str) -> list[tuple[str, int, int]]:
        from tools.privacy.ner_models import labelled

        found = model().predict([text])[0].get("entities", [])
        return labelled((each["entity"], each["start"], each["end"]) for each in found)

    return read
