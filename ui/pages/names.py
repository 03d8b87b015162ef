"""The pages: path and name of each, in the order of the way through the product."""

NAMES = (
    ("", "Chat"),
    ("data", "Data"),
    ("jobs", "Jobs"),
    ("models", "Models"),
    ("knowledge", "Knowledge"),
    ("widgets", "Widget"),
    ("settings", "Settings"),
)
PATHS = frozenset(f"/{path}" for path, _ in NAMES)
