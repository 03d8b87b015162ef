"""What a site's robots.txt lets a program read (RFC 9309): the longest rule that fits counts, ``*`` and ``$`` included.

The standard library's parser takes the first rule instead, and reads those signs as any other.
"""

import re
from urllib.parse import unquote, urlsplit

LARGEST = 500 << 10  # characters that are read of it


class Robots:
    """The rules for one program.

    Args:
        text: the file.
        agent: the program's name.
    """

    def __init__(self, text: str, agent: str):
        groups = _groups(text[:LARGEST])
        self.rules = groups.get(agent.lower(), groups.get("*", []))

    def allow(self, url: str) -> bool:
        """Whether an address may be read."""
        parts = urlsplit(url)
        path = unquote(parts.path or "/") + (f"?{unquote(parts.query)}" if parts.query else "")
        fitting = [(len(pattern), allowed) for pattern, allowed in self.rules if _fits(pattern, path)]
        return max(fitting, default=(0, True))[1]  # of two as long, the one that allows


def _groups(text: str) -> dict[str, list[tuple[str, bool]]]:
    """The rules (a pattern, and whether it allows) by the names of the programs that they are for."""
    groups: dict[str, list[tuple[str, bool]]] = {}
    agents, ruled = list[str](), False
    for line in text.splitlines():
        name, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        if name.lower() == "user-agent":
            agents, ruled = ([] if ruled else agents), False
            token = re.match(r"\*|[\w-]*", value)
            agents.append(token[0].lower() if token else "")
            groups.setdefault(agents[-1], [])
        elif name.lower() in ("allow", "disallow"):
            ruled = True
            for agent in agents if value else ():
                groups[agent].append((unquote(value), name.lower() == "allow"))
    return groups


def _fits(pattern: str, path: str) -> bool:
    """Whether a pattern fits a path from its start; without a regular expression, whose time a site could blow up."""
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at, last = len(first), others.pop() if others else None
    for piece in others:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if not pattern.endswith("$"):
        return last is None or path.find(last, at) >= 0
    return len(path) == at if last is None else path.endswith(last) and len(path) - len(last) >= at
