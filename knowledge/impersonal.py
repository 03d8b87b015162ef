"""Questions as a redactor leaves them, without its marks."""

import re

# "<EMAIL_ADDRESS>", with the words that introduce it
HIDDEN = re.compile(
    r"(?i:\b(?:i am|i'm|this is|my (?:e-?mail|mail|name|phone|number|card|account)[\w ]{0,16}?(?: is)?:?)\s*)?"
    r"<[A-Z][A-Z_]{2,}\d*>\.?"
)


def impersonal(question: str) -> str:
    """A question without what a redactor has left of personal data; its words would look like unknown names."""
    return HIDDEN.sub(" ", question).strip() or question
