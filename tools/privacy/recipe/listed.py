"""Lists of words, written as running text."""


def listed(text: str) -> list[str]:
    """The words of a text, which are parted by spaces and line ends."""
    return text.split()
