"""What a visitor may read of the contacts in published documents: the company's own, nobody's private ones."""

import re
from typing import Any

# Mailboxes named after a role belong to the company (RFC 2142 and common use); those named after a person are personal.
ROLES = re.compile(
    r"(?i)^(abuse|accounts?|admin|billing|careers?|complaints?|contact|customer|dpo|feedback|finance|hello|help|helpdesk|hi|hr|info|"
    r"invoices?|jobs|kontakt|legal|mail|marketing|noreply|no-reply|office|orders?|partners?|press|privacy|refunds?|"
    r"returns?|sales|security|service|shipping|support|team|webmaster)([._+-][\w.-]*)?@"
)
COMPANYS_OWN = {"PHONE_NUMBER", "CN_PHONE", "PERSON", "LOCATION", "URL", "DATE_TIME"}


def for_visitors(text: str, redactor: Any) -> str:
    """A passage as a visitor may read it.

    Role mailboxes and the company's phone numbers and addresses stay, and so do names that the team has published. A
    person's own mailbox, a phone number in a sentence that names a person, cards, ids and secrets are taken out.

    Args:
        text: a passage or an answer made of passages.
        redactor: a ``tools.privacy.Redactor``.
    """
    found = redactor.find(text)
    people = [entity for entity in found if entity.entity_type == "PERSON"]
    for entity in sorted(found, key=lambda each: each.start, reverse=True):
        if _private(text, entity, people):
            text = f"{text[: entity.start]}<{entity.entity_type}>{text[entity.end :]}"
    return text


def _private(text: str, entity: Any, people: list[Any]) -> bool:
    words = text[entity.start : entity.end]
    if entity.entity_type == "EMAIL_ADDRESS":
        return not ROLES.match(words)
    if entity.entity_type in COMPANYS_OWN:
        sentence = _sentence(text, entity.start)
        phone = entity.entity_type in ("PHONE_NUMBER", "CN_PHONE")
        return phone and any(sentence[0] <= person.start < sentence[1] for person in people)
    return True


def _sentence(text: str, at: int) -> tuple[int, int]:
    ends = [match.end() for match in re.finditer(r"[.!?。!?](?=\s|$)|\n", text)]
    start = max((end for end in ends if end <= at), default=0)
    return start, min((end for end in ends if end > at), default=len(text))
