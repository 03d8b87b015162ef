"""For what transformers has models of which kind: read in its own tables, without the seconds of importing it."""

import ast
import importlib.util
from functools import cache
from pathlib import Path

TABLES = {
    "image-classification": "IMAGE_CLASSIFICATION",
    "masked-lm": "MASKED_LM",
    "text-classification": "SEQUENCE_CLASSIFICATION",
    "text-generation": "CAUSAL_LM",
    "token-classification": "TOKEN_CLASSIFICATION",
}
READERS = ("MASKED_LM", "CAUSAL_LM", "TEXT_ENCODING", "SEQUENCE_CLASSIFICATION", "TOKEN_CLASSIFICATION")
# Encoder and decoder, or for sound: no task here trains them, though transformers has classifiers of some.
OTHERS = ("SEQ_TO_SEQ_CAUSAL_LM", "SPEECH_SEQ_2_SEQ", "TEXT_TO_WAVEFORM")


def fits(task: str, kind: str, frozen: bool = False) -> bool:
    """Whether a kind of model can be trained for a task.

    Args:
        task: the task's name.
        kind: transformers' ``model_type``.
        frozen: whether a classifier is put on vectors, which needs no class of its own in transformers.
    """
    if task == "image-classification":
        return kind in kinds(TABLES[task])
    if any(kind in kinds(table) for table in OTHERS):
        return False
    if task == "embedding" or (frozen and task == "text-classification"):
        return any(kind in kinds(table) for table in READERS)
    if task == "text-generation" and (kind in kinds("MASKED_LM") or kind in kinds("IMAGE_TEXT_TO_TEXT")):
        return False  # encoders can be made to write, badly; others need pictures
    return kind in kinds(TABLES[task])


def kinds(table: str) -> frozenset[str]:
    """The kinds that one of transformers' tables lists.

    Args:
        table: ``CAUSAL_LM`` for ``MODEL_FOR_CAUSAL_LM_MAPPING_NAMES``.
    """
    return _tables().get(f"MODEL_FOR_{table}_MAPPING_NAMES", frozenset())


@cache
def _tables() -> dict[str, frozenset[str]]:
    """All tables by name: in the source they are lists of pairs of a kind and a class."""
    found = importlib.util.find_spec("transformers")
    assert found and found.origin
    source = Path(found.origin).parent / "models" / "auto" / "modeling_auto.py"
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return {
        node.targets[0].id: frozenset(_firsts(node.value))
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _firsts(value: ast.expr) -> list[str]:
    """What stands first in each pair of ``OrderedDict([…])``; nothing for any other expression."""
    match value:
        case ast.Call(args=[ast.List(elts=pairs)]):
            return [kind for pair in pairs for kind in _first(pair)]
    return []


def _first(pair: ast.expr) -> list[str]:
    match pair:
        case ast.Tuple(elts=[ast.Constant(value=str(kind)), _]):
            return [kind]
    return []
