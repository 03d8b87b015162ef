"""The English words that the pages give to be translated, read from their code."""

import ast
from pathlib import Path

import ui.pages

WORDS = {"t": (0, 1), "say": (0, 1), "empty": (0, 2), "heading": (0, 2), "asks": (1, 2)}


def used() -> set[str]:
    """All literal texts that go through a translating function."""
    found: set[str] = set()
    for path in Path(ui.pages.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first, last = WORDS.get(name, (0, 0))
            found |= {
                each.value
                for each in node.args[first:last]
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            }
    return found
