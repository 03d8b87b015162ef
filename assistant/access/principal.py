"""Who is calling: a person, the owner of this machine, or a visitor of a page with the widget."""

from dataclasses import dataclass

OWNER_ID = "owner"


@dataclass(frozen=True)
class Principal:
    """A caller whose identity has been checked.

    ``user_id`` owns the threads; ``role`` is admin, member, viewer or visitor; ``key_id`` is the API key in use, where
    one is; ``origins`` are the pages a widget key answers; ``scopes`` are the parts of the API that the key reaches,
    all where there are none.
    """

    user_id: str
    name: str
    role: str
    key_id: str | None = None
    origins: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()

    @classmethod
    def owner(cls) -> "Principal":
        """The owner of this machine, as whom the command line acts."""
        return cls(OWNER_ID, OWNER_ID, "admin")
