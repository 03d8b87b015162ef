"""Which encoder a base's vectors were made with: those of two encoders tell nothing beside each other."""

from knowledge.embed import Encoder
from knowledge.errors import IndexDamaged
from knowledge.store import Store

FIRST = "model-90868376"  # MiniLM's name, which made all bases that note none
_KEY, _CHANGING = "encoder", "being made"


def made_with(store: Store) -> str:
    """The encoder's name; empty where the base is."""
    if not store.count()[1]:
        return ""
    return str(store.meta(_KEY) or FIRST)


def check(store: Store, encoder: Encoder) -> None:
    """See that an encoder fits the vectors.

    Raises:
        IndexDamaged: another one made them.
    """
    if store.meta(_KEY) == encoder.name:
        return
    made = made_with(store)
    if made == _CHANGING:
        raise IndexDamaged(
            "The documents' vectors are being made by another embedder.",
            "Wait for assistant knowledge reindex to end, or run it again where it was stopped.",
        )
    if made not in ("", encoder.name):
        raise IndexDamaged(
            "The documents' vectors were made by another embedder.",
            "Make them anew: assistant knowledge reindex. Or set ASSISTANT_EMBEDDER to the one before.",
        )


def begin(store: Store, encoder: Encoder) -> bool:
    """All vectors are about to be made anew. Returns whether by another encoder; then nobody uses them meanwhile."""
    changed = made_with(store) not in ("", encoder.name)
    if changed:
        store.set_meta(_KEY, _CHANGING)
    return changed


def note(store: Store, encoder: Encoder) -> None:
    """All vectors in the base are this encoder's."""
    if store.meta(_KEY) != encoder.name:
        store.set_meta(_KEY, encoder.name)
