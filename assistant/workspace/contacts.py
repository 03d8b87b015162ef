"""What a visitor may read of published documents: what a company tells everybody, nothing private of people."""

import re
from typing import Any

# Mailboxes named after a role belong to the company (RFC 2142 and common use); those named after a person are personal.
ROLES = re.compile(
    r"(?i)^(abuse|accounts?|admin|admissions?|appointments?|billing|bookings?|box[_-]?office|careers?|claims?|complaints?|"
    r"contact|customer|delivery|desk|donations?|dpo|emergency|enquir(?:y|ies)|events?|feedback|finance|front[_-]?desk|hello|"
    r"help|helpdesk|hi|hr|info|inquir(?:y|ies)|invoices?|it|jobs|kontakt|legal|library|mail|marketing|media|members?(?:hip)?|"
    r"newsletter|noreply|no-reply|office|orders?|parts|partners?|payments?|payroll|post|postmaster|press|privacy|"
    r"quotes?|reception|refunds?|registrar|rentals?|repairs?|reservations?|returns?|safety|sales|school|security|service|"
    r"shipping|shop|store|studio|support|team|tickets?|training|warranty|web|webmaster|welcome)([._+-][\w.-]*)?@"
)
# A firm's names, titles, addresses on the web, and the numbers and accounts by which it is paid.
COMPANYS_OWN = {"PERSON", "ORGANIZATION", "TITLE", "NRP", "URL"}
ACCOUNTS = {"IBAN_CODE", "CN_USCC", "CN_BANK_CARD"}
_HANDLE = re.compile(r"@\w")
_BORN = re.compile(
    r"(?:\bborn\b|\bbirth(?:day|date)?\b|\bd\.?o\.?b\b|\bgeb(?:oren|urtsdatum|\.)|出生|生日|生于)[^.。!?·|]{0,20}$",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"\b(?:our|we|us|office|shop|store|branch|clinic|desk|reception|hotline|switchboard|headquarters|showroom|warehouse|"
    r"workshop|depot|line)\b|公司|门店|办公室|热线|前台|总机|客服|我们",
    re.IGNORECASE,
)


def for_visitors(text: str, redactor: Any) -> str:
    """A passage as a visitor may read it.

    Ages from which something is allowed, times, company names, role mailboxes, hotlines, the company's places and
    accounts stay, and so do names that the team has published. Of people go: mailboxes, handles, birth dates, ages,
    and where a sentence or row names one, the home address and the phone number behind the name. Ids, credit cards
    and secrets always go.

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
    kind, words = entity.entity_type, text[entity.start : entity.end]
    if kind == "EMAIL_ADDRESS":
        return not ROLES.match(words)
    if kind == "URL" and _HANDLE.match(words):
        return True
    if kind in COMPANYS_OWN:
        return False
    start, end = _sentence(text, entity.start)
    if kind == "DATE_TIME":
        return bool(_BORN.search(text[start : entity.start]))
    named = [each for each in people if start <= each.start < end]
    if kind == "AGE" or kind in ACCOUNTS:
        return bool(named)
    if kind in ("LOCATION", "PHONE_NUMBER", "CN_PHONE"):
        before = [each.end for each in named if each.end <= entity.start]
        exact = kind != "LOCATION" or bool(re.search(r"\d", words))  # a town is nobody's home
        return exact and bool(before) and not _OURS.search(text[max(before) : entity.start])
    return True


def _sentence(text: str, at: int) -> tuple[int, int]:
    ends = [match.end() for match in re.finditer(r"[.!?。!?](?=\s|$)|\n", text)]
    start = max((end for end in ends if end <= at), default=0)
    return start, min((end for end in ends if end > at), default=len(text))
