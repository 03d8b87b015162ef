"""Ordinary English words, so that a word with a capital that begins a sentence is not taken for a name.

They are the index of WordNet (Princeton University, free to use with its notice) that spaCy's small English model
brings along for its lemmatizer. It holds some names too, so a caller asks for given and family names first.
"""

import re
from functools import cache

# How inflected forms end, and what may stand there instead.
FORMS = (
    (re.compile(r"ies$"), ("y",)),
    (re.compile(r"(?:sses|shes|ches|xes|zes)$"), None),
    (re.compile(r"s$"), ("",)),
    (re.compile(r"ied$"), ("y",)),
    (re.compile(r"ed$"), ("", "e")),
    (re.compile(r"ing$"), ("", "e")),
    (re.compile(r"ly$"), ("",)),
)
DOUBLED = re.compile(r"([bdglmnprt])\1(?:ed|ing)$")


@cache
def _index() -> frozenset[str]:
    import srsly

    from tools.errors import Unsupported
    from tools.privacy.ner import spacy_folder

    try:
        read = srsly.msgpack_loads((spacy_folder() / "lemmatizer/lookups/lookups.bin").read_bytes())
    except (Unsupported, OSError):
        return frozenset()
    if not isinstance(read, dict):
        return frozenset()
    words: set[str] = set()
    for table in ("lemma_index", "lemma_exc"):
        for part in read.get(table, {}).values():
            words.update(part)
    return frozenset(words)


@cache
def english(word: str) -> bool:
    """Is it an English word in any of its forms, in whatever case?

    Args:
        word: letters, perhaps with a hyphen or an apostrophe.
    """
    folded = word.casefold().replace("’", "'").removesuffix("'s")
    if "-" in folded:
        return all(len(part) < 3 or english(part) for part in folded.split("-"))
    index = _index()
    if folded in index:
        return True
    if doubled := DOUBLED.search(folded):
        return folded[: doubled.start() + 1] in index
    for ending, others in FORMS:
        if match := ending.search(folded):
            stem = folded[: match.start()]
            if others is None:
                return folded[:-2] in index
            if len(stem) > 2 and any(stem + other in index for other in others):
                return True
    return False
