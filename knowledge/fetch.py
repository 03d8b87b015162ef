"""Pages and files from public web addresses.

The name of a host is looked up once and every address it has is checked; the connection then goes to exactly the
address that was checked, so that a name cannot point elsewhere a moment later. Each redirect goes through the same.
"""

import html
import ipaddress
import re
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from knowledge.errors import SourceError
from knowledge.gather import Found, refused
from knowledge.loaders import loaders
from knowledge.robots import Robots

AGENT = "StartupAssistant"
LARGEST = 25 << 20  # bytes
LONGEST = 30.0  # seconds for one address, redirects included
REDIRECTS = 5
MOST_PAGES = 200  # of one site map
MOST_MAPS = 50  # of one index of site maps

_SUFFIXES = {
    "text/html": ".html", "application/xhtml+xml": ".html", "text/plain": ".txt", "text/markdown": ".md",
    "application/pdf": ".pdf", "application/json": ".json", "text/csv": ".csv", "message/rfc822": ".eml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
}  # fmt: skip


_MAP = re.compile(rb"<(?:urlset|sitemapindex)\b")
_PLACE = re.compile(
    r"<loc>([^<]*+(?:<!\[CDATA\[[^<]*+)?+)</loc>", re.IGNORECASE
)  # linear, whatever a page holds


def public(address: str) -> bool:
    """True for an address on the public internet: not private, local, link-local, reserved or multicast."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip.is_site_local or (inner is not None and not inner.is_global):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def fetch(url: str, allowed: Callable[[str], bool] = public) -> Iterator[Found]:
    """The document at an address, or all pages of a site map (or of the site maps of an index).

    Args:
        url: ``http(s)`` address.
        allowed: which IP addresses may be contacted.

    Raises:
        SourceError: with the reason why nothing could be read.
    """
    visit = _Visit(allowed)
    raw, suffix, final = visit.get(url)
    if raw.startswith(b"PK\x03\x04") and suffix not in loaders():
        raise SourceError("An archive at an address is not read.", "Download it and add the file.")
    listing = _plain(raw)
    places = _places(listing)
    if places is None:
        yield Found(url, url, lambda: (_file_name(suffix, final), raw))
        return
    sites = {_site(url), _site(final), ""}  # one without a site has its own reason
    if b"<sitemapindex" in listing[:2000]:
        places, failed = _listed(visit, [each for each in places if _site(each) in sites])
        yield from failed
    mine = [each for each in places if _site(each) in sites]
    for page in mine[:MOST_PAGES]:
        yield Found(page, page, partial(visit.document, page))
    if not places:
        raise SourceError("The site map names no pages.", "Check the address.")
    if more := len(mine[MOST_PAGES:]):
        many = SourceError(
            f"{more} more of its pages were not read.", "Add those you need by their addresses."
        )
        yield refused(url, url, many)
    if others := len(places) - len(mine):
        strange = SourceError(f"{others} of its pages are of other sites.", "Add them by their addresses.")
        yield refused(url, url, strange)


def _listed(visit: "_Visit", maps: list[str]) -> tuple[list[str], list[Found]]:
    """The pages of several site maps, and those maps that cannot be read."""
    pages: dict[str, None] = {}
    failed: list[Found] = []
    for each in maps[:MOST_MAPS]:
        try:
            pages |= dict.fromkeys(_places(_plain(visit.get(each)[0])) or [])
        except SourceError as error:
            failed.append(refused(each, each, error))
    for each in maps[MOST_MAPS:]:
        failed.append(
            refused(each, each, SourceError("It is one site map too many.", "Add it by its address."))
        )
    return list(pages), failed


def _file_name(suffix: str, final: str) -> str:
    """The name of what is at an address, after its site, by which a page's links to elsewhere are told from others."""
    parts = urlsplit(final)
    name = PurePosixPath(unquote(parts.path)).name or parts.hostname or "page"
    ending = "" if name.lower().endswith(suffix or ".") else suffix
    return f"{parts.scheme}://{parts.netloc}/{name}{ending}"


def _places(raw: bytes) -> list[str] | None:
    """The addresses that a site map names, each once; None where it is none."""
    if not _MAP.search(raw[:2000]) or not raw.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return None
    found = _PLACE.findall(raw.decode("utf-8", "replace"))
    places = (each.replace("<![CDATA[", "").replace("]]>", "").strip() for each in found)
    return [
        html.unescape(each) for each in dict.fromkeys(places) if re.match("https?://", each, re.IGNORECASE)
    ]


def _site(url: str) -> str:
    """An address's host without www; empty where it has none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


@dataclass
class _Visit:
    """One call's requests: what robots.txt said is remembered for its length."""

    allowed: Callable[[str], bool]
    robots: dict[str, Robots] = field(default_factory=dict)

    def get(self, url: str) -> tuple[bytes, str, str]:
        """An address's bytes, the file name ending that fits them, and the address after redirects."""
        deadline = time.monotonic() + LONGEST
        for _ in range(REDIRECTS + 1):
            self._keep_robots(url, deadline)
            status, headers, raw = self._request(url, deadline)
            if status in (301, 302, 303, 307, 308) and headers.get("location"):
                url = _target(url, headers["location"])
                continue
            if status >= 400:
                raise SourceError(f"The server answered {status}.", "Check the address.")
            return raw, _suffix(url, headers.get("content-type", "")), url
        raise SourceError(f"It redirects more than {REDIRECTS} times.", "Give the final address.")

    def document(self, url: str) -> tuple[str, bytes]:
        """The file name and the bytes of what is at an address."""
        raw, suffix, final = self.get(url)
        return _file_name(suffix, final), raw

    def _keep_robots(self, url: str, deadline: float) -> None:
        parts = _checked(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self.robots:
            self.robots[origin] = self._robots(origin, deadline)
        if not self.robots[origin].allow(url):
            raise SourceError(
                "The site's robots.txt forbids reading it.", "Ask the site's owner, or save the page."
            )

    def _robots(self, origin: str, deadline: float) -> Robots:
        """The origin's rules; none where there is no such file, all forbidden where the server fails (RFC 9309)."""
        url = f"{origin}/robots.txt"
        for _ in range(REDIRECTS + 1):
            status, headers, raw = self._request(url, deadline)
            if status not in (301, 302, 303, 307, 308) or not headers.get("location"):
                break
            url = _target(url, headers["location"])
        if status >= 500:
            return Robots("User-agent: *\nDisallow: /", AGENT)
        return Robots(raw.decode("utf-8-sig", "replace") if status < 300 else "", AGENT)

    def _request(self, url: str, deadline: float) -> tuple[int, Any, bytes]:
        import httpx

        parts = _checked(url)
        address = self._address(parts)
        target = httpx.URL(url, host=address)
        named = target.copy_with(host=parts.hostname)  # as the network writes it: xn--mnchen-3ya.example
        headers = {"Host": named.netloc.decode(), "User-Agent": f"{AGENT}/1.0", "Accept": "*/*"}
        extensions = {"sni_hostname": named.raw_host.decode()}
        try:
            # trust_env off: a proxy would look the name up again, out of our sight.
            with (
                httpx.Client(timeout=10, trust_env=False) as client,
                client.stream("GET", target, headers=headers, extensions=extensions) as response,
            ):
                return response.status_code, response.headers, _body(response, deadline)
        except httpx.TimeoutException as error:
            raise SourceError("The server did not answer in time.", "Try again later.") from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise SourceError(f"It cannot be reached: {error}.", "Check the address.") from error

    def _address(self, parts: SplitResult) -> str:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise SourceError(f"There is no host {parts.hostname}.", "Check the address.") from error
        addresses = [str(each[4][0]) for each in found]
        if not addresses or not all(map(self.allowed, addresses)):
            raise SourceError(
                f"{parts.hostname} is a private or local address.", "Only public addresses are read."
            )
        return addresses[0]


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise SourceError(f"{url[:200]} is no web address.", "Write it as https://host/path.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SourceError(f"{url[:200]} is no web address.", "Write it as https://host/path.")
    if parts.username or parts.password:
        raise SourceError("The address holds a password.", "Addresses with passwords are not read.")
    return parts


def _target(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise SourceError(f"{location[:200]} is no web address.", "Write it as https://host/path.") from error


def _plain(raw: bytes) -> bytes:
    """What was packed with gzip, as site maps often are; anything else as it is."""
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        return zlib.decompressobj(31).decompress(raw, LARGEST)
    except zlib.error:
        return raw


def _body(response: Any, deadline: float) -> bytes:
    raw = bytearray()
    for piece in response.iter_bytes(1 << 16):
        raw += piece
        if len(raw) > LARGEST:
            raise SourceError(f"It is larger than {LARGEST >> 20} MB.", "Download it and add the file.")
        if time.monotonic() > deadline:
            raise SourceError("The server is too slow.", "Download it and add the file.")
    return bytes(raw)


def _suffix(url: str, content_type: str) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    own = PurePosixPath(urlsplit(url).path).suffix.lower()
    if kind in ("", "text/plain", "application/octet-stream", "binary/octet-stream") and own in loaders():
        return own
    return _SUFFIXES.get(kind, ".xml" if kind.endswith("xml") else own if own in loaders() else "")
