"""Addresses of machines: IPv4, IPv6 and MAC."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, before, numbered

V4 = re.compile(
    r"(?a)(?<![\d.])(?<![\w-][.-])(?<![A-HJ-OQ-Za-oq-z_])(?<!\d-)(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"
)
V6 = re.compile(r"(?a)(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
MAC = re.compile(r"(?a)(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])")
VERSION = re.compile(r"(?i)(?:version|v|release|==|>=|~=)\s*$")
# Addresses of no one: loopback, "any", documentation of software.
NOBODY = {"127.0.0.1", "0.0.0.0", "255.255.255.255", "::1", "::"}


class IpAddresses(Recognizer):
    """IP addresses and hardware addresses."""

    TYPES = ("IP_ADDRESS", "MAC_ADDRESS")

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if not (":" in text or "-" in text or numbered(text)):
            return
        for pattern in (V4, V6):
            for match in pattern.finditer(text):
                if _valid(match.group()) and not before(text, match.start(), VERSION, 12):
                    yield Entity("IP_ADDRESS", match.start(), match.end(), 0.95)
        for match in MAC.finditer(text):
            yield Entity("MAC_ADDRESS", match.start(), match.end(), 0.95)


def _valid(written: str) -> bool:
    if written in NOBODY or len(written) < 5:
        return False
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return True
