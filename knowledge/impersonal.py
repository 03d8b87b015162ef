"""Questions without what their askers tell of themselves."""

import re

_SAID = (
    r"(?i:\b(?:i(?: am|'m)(?: at| on)?|(?:you can )?(?:reach|write(?: to)?|e-?mail|call|answer) me (?:at|on|under)"
    r"|this is|my (?:e-?mail|mail|name|phone|number|card|account)[\w ]{0,16}?(?: is)?:?)\s*)"
)
_MARK = r"<[A-Z][A-Z_]{2,}\d*>"
_ADDRESS = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_NUMBER = r"\+?\d[\d ()/-]{5,}\d"
# "I am at <EMAIL_ADDRESS>", "<PERSON>", and what people tell of themselves where it is not hidden
HIDDEN = re.compile(rf"{_SAID}?{_MARK}\.?|{_SAID}(?:{_ADDRESS}|{_NUMBER})\.?")


def impersonal(question: str) -> str:
    """A question without the asker's own address or number and without a redactor's marks.

    Their words would look like names that no document knows.
    """
    return HIDDEN.sub(" ", question).strip() or question
