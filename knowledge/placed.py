"""Where in the documents an answer stands that somebody has judged: the passage it was taken from.

Passage ids change when a document does, and a person who puts an answer right names no passage, so it is found by the
words: the passage that holds a sentence of the answer word for word, or else nearly all its telling words.
"""

from knowledge.filters import Filters
from knowledge.records import Passage
from knowledge.search import as_query
from knowledge.sentences import sentences
from knowledge.store import Store
from knowledge.words import key_terms, terms

NEARLY = 0.8  # the share of an answer's telling words that its passage has
FEWEST = 3  # telling words that an answer must have to be found by them
DEPTH = 40  # passages that are looked at
LONG = 20  # characters of a sentence that is no accident


def place(answer: str, store: Store, filters: Filters) -> Passage | None:
    """The passage that an answer was taken from.

    Args:
        answer: its words; of one with [1] marks what stands before the first: an answer begins with its best passage.
        store: of the base.
        filters: in which documents.

    Returns:
        None where no passage holds it: an answer about something else, or about a document that is gone.
    """
    said = " ".join(answer.partition("[1]")[0].split())
    wanted = key_terms(said)
    if len(wanted) < FEWEST:
        return None
    found = store.passages(ids := store.match(as_query(said), DEPTH, filters=filters))
    parts = [said[start:end].rstrip(" …") for start, end in sentences(said)]
    long = [each for each in parts if len(each) >= LONG]
    scored = [
        (_held(long, found[each]), _cover(wanted, found[each]), -at, each) for at, each in enumerate(ids)
    ]
    held, cover, _, best = max(scored, default=(0, 0.0, 0, 0))
    return found[best] if held or cover >= NEARLY else None


def _held(parts: list[str], passage: Passage) -> int:
    """How many of the sentences the passage holds word for word."""
    text = " ".join(f"{passage.context.split(' > ')[-1]}: {passage.text}".split())
    return sum(part in text for part in parts)


def _cover(wanted: list[str], passage: Passage) -> float:
    there = set(terms(f"{passage.context} {passage.text}"))
    return sum(each in there for each in wanted) / len(wanted)
