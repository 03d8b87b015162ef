"""Other models that name things, one of which ``ASSISTANT_NER`` may put in the place of the embedded one.

- ``spacy:NAME``: an installed spaCy pipeline (``spacy:en_core_web_trf``) or a folder with one;
- ``gliner:NAME``: a GLiNER model, which is told in words what to look for (``pip install gliner``);
- a folder or Hugging Face id: any transformers model for token classification.
"""

# ruff: noqa: E501 - lists of words

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.errors import Unsupported
from tools.privacy.ner import Found, SpacyReader

KINDS = {
    "PERSON": r"PER|PERSON|PERSONS|PEOPLE|NAME|(?:FIRST|LAST|MIDDLE|GIVEN|SUR|FAMILY|FULL|USER)[ _-]?NAME\d*|NR",
    "LOCATION": r"LOC|LOCATION|GPE|FAC|FACILITY|CITY|TOWN|STATE|COUNTRY|COUNTY|STREET|ADDRESS|STREET[ _-]?ADDRESS|PLACE|ZIP[ _-]?CODE|NS",
    "ORGANIZATION": r"ORG|ORGANI[SZ]ATION|COMPANY|COMPANY[ _-]?NAME|CORPORATION|NT",
}
# Labels of the usual corpora that name nothing personal; any other label is a type of its own.
ORDINARY = re.compile(
    r"MISC|DATE|TIME|CARDINAL|ORDINAL|MONEY|PERCENT|QUANTITY|PRODUCT|EVENT|WORK_OF_ART|LAW|LANGUAGE|NORP|O|LABEL_\d+"
)
PICKLED = ["*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl"]
LOOKED_FOR = ["person", "address", "location", "organization"]


def load(name: str) -> Callable[[str], Found]:
    """A model by the name that the setting gives it.

    Raises:
        Unsupported: its library is not installed, or there is no such model.
    """
    kind, _, rest = name.partition(":")
    try:
        if kind == "spacy" and rest:
            import spacy

            return SpacyReader(spacy.load(rest), label)
        return _gliner(rest) if kind == "gliner" and rest else _transformer(name)
    except (OSError, ImportError, ValueError) as error:
        raise Unsupported(
            f"The model {name!r} that is to find names cannot be loaded: {str(error).splitlines()[0][:200]}",
            "Install it, or set ASSISTANT_NER to embedded.",
        ) from error


def label(given: str) -> str | None:
    """Our label for a model's; None for what is not personal."""
    plain = re.sub(r"^[BIESLU][-_]", "", given.strip()).upper()
    for ours, pattern in KINDS.items():
        if re.fullmatch(pattern, plain):
            return ours
    return None if ORDINARY.fullmatch(plain) else re.sub(r"\W+", "_", plain)


def _gliner(name: str) -> Callable[[str], Found]:
    from gliner import GLiNER
    from huggingface_hub import snapshot_download

    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = Path(snapshot_download(name, ignore_patterns=PICKLED))
    model = GLiNER.from_pretrained(_safe(name, folder))

    def read(text: str) -> Found:
        found = model.predict_entities(text, LOOKED_FOR, threshold=0.5)
        return labelled((each["label"], each["start"], each["end"]) for each in found)

    return read


def _safe(name: str, folder: Path) -> str:
    """A model's folder, where its weights are safetensors: pickled ones may run any code."""
    if not any(folder.glob("*.safetensors")):
        raise Unsupported(
            f"The model {name!r} that is to find names has no weights as safetensors.",
            "Save it as safetensors, or set ASSISTANT_NER to embedded.",
        )
    return str(folder)


def _transformer(name: str) -> Callable[[str], Found]:
    from transformers import pipeline

    folder = Path(name).expanduser()
    options: dict[str, Any] = {"aggregation_strategy": "simple", "trust_remote_code": False}
    options["model_kwargs"] = {"use_safetensors": True}
    model = pipeline(
        "token-classification", model=_safe(name, folder) if folder.is_dir() else name, **options
    )

    def read(text: str) -> Found:
        return labelled((each["entity_group"], each["start"], each["end"]) for each in model(text))

    return read


def labelled(found: Any) -> Found:
    """Spans by our labels; the pieces of a word that some models tag one by one are joined."""
    spans: Found = []
    for given, start, end in found:
        ours = label(given)
        if ours and spans and spans[-1][0] == ours and spans[-1][2] >= start:
            spans[-1] = (ours, spans[-1][1], end)
        elif ours:
            spans.append((ours, start, end))
    return spans
