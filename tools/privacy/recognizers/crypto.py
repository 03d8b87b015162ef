"""Wallets: addresses of Bitcoin with their checksums, and of Ethereum by their form."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, numbered

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BITCOIN = re.compile(rf"(?<![A-Za-z0-9])[13][{BASE58}]{{25,34}}(?![A-Za-z0-9])")
BECH32 = re.compile(r"(?<![A-Za-z0-9])bc1[02-9ac-hj-np-z]{11,71}(?![A-Za-z0-9])")
ETHEREUM = re.compile(r"(?<![A-Za-z0-9])0x[0-9A-Fa-f]{40}(?![A-Za-z0-9])")
BECH32_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


class Wallets(Recognizer):
    """Addresses that money of a chain is sent to."""

    TYPES = ("CRYPTO",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if not numbered(text):
            return
        for pattern, check in ((BITCOIN, base58_checks), (BECH32, bech32_checks), (ETHEREUM, None)):
            for match in pattern.finditer(text):
                if check is None or check(match.group()):
                    yield Entity("CRYPTO", match.start(), match.end(), 0.97)


def base58_checks(address: str) -> bool:
    """Do the last four bytes fit: those of the twice hashed others (Base58Check)?"""
    number = 0
    for letter in address:
        number = number * 58 + BASE58.index(letter)
    if number.bit_length() > 200:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def bech32_checks(address: str) -> bool:
    """Does the checksum of BIP 173 or BIP 350 fit?"""
    prefix, data = address[:2], [BECH32_LETTERS.index(letter) for letter in address[3:]]
    check = 1
    for value in [*(ord(each) >> 5 for each in prefix), 0, *(ord(each) & 31 for each in prefix), *data]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= factor if top >> bit & 1 else 0
    return check in (1, 0x2BC830A3)
