"""Check digits of numbers that are given to people."""

USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def luhn(digits: str) -> bool:
    """Does a payment card's last digit fit (ISO/IEC 7812-1)?"""
    return luhn_check(digits[:-1]) == digits[-1]


def luhn_check(digits: str) -> str:
    """The check digit of a payment card's other digits."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def id_check(digits: str) -> str:
    """The check character of the 17 digits of a Chinese identity card (GB 11643)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11]


def uscc_check(code: str) -> str:
    """The check character of the first 17 of a Chinese company's code (GB 32100)."""
    total = sum(USCC_LETTERS.index(letter) * pow(3, place, 31) for place, letter in enumerate(code))
    return USCC_LETTERS[-total % 31]


VERHOEFF = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def verhoeff(digits: str) -> bool:
    """Does a number's last digit fit (Verhoeff 1969, the dihedral group of ten elements)?"""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total = _dihedral(total, int(VERHOEFF[place % 8][int(digit)]))
    return total == 0


def _dihedral(one: int, other: int) -> int:
    """The product of two symmetries of a pentagon: 0 to 4 turn it, 5 to 9 also turn it over."""
    turned = (one + other if one < 5 else one - other) % 5
    return turned + (5 if (one < 5) != (other < 5) else 0)
