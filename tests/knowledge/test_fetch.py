import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from knowledge import fetch as module
from knowledge.errors import SourceError
from knowledge.fetch import fetch, public

PAGE = b"<html><title>Hours</title><body><p>We open at eight.</p></body></html>"


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        pages = {
            "/robots.txt": (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /private"),
            "/page": (200, {"Content-Type": "text/html; charset=utf-8"}, PAGE),
            "/notes.md": (200, {"Content-Type": "text/plain"}, b"# Notes"),
            "/docs.zip": (200, {"Content-Type": "application/zip"}, b"PK\x03\x04"),
            "/host": (200, {"Content-Type": "text/plain"}, self.headers["Host"].encode()),
            "/moved": (302, {"Location": "/page"}, b""),
            "/round": (302, {"Location": "/round"}, b""),
            "/inward": (302, {"Location": "http://127.0.0.2:1/"}, b""),
            "/scheme": (302, {"Location": "file:///etc/passwd"}, b""),
            "/private/page": (200, {"Content-Type": "text/html"}, PAGE),
            "/large": (200, {"Content-Type": "text/plain"}, b"x" * 3000),
            "/map.xml": (200, {"Content-Type": "application/xml"}, self._map()),
            "/maps.xml": (200, {"Content-Type": "application/xml"}, self._maps()),
            "/packed.xml.gz": (200, {"Content-Type": "application/gzip"}, gzip.compress(self._map())),
            "/empty.xml": (200, {"Content-Type": "text/xml"}, b"<urlset></urlset>"),
            "/nowhere": (302, {"Location": "http://[bad"}, b""),
        }
        status, headers, body = pages.get(self.path, (404, {}, b"gone"))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _map(self):
        host = self.headers["Host"]
        places = (f"http://{host}/page", f"HTTP://{host}/none", "http://elsewhere.example/x", "http://[bad")
        return (
            "<urlset>" + "".join(f"<url><loc>{each}</loc></url>" for each in places) + "</urlset>"
        ).encode()

    def _maps(self):
        host = self.headers["Host"]
        maps = "".join(
            f"<sitemap><loc><![CDATA[http://{host}/{each}]]></loc></sitemap>"
            for each in ("packed.xml.gz", "gone.xml")
        )
        return f'<?xml version="1.0"?><sitemapindex>{maps}</sitemapindex>'.encode()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def here(address):
    return address == "127.0.0.1"


def test_names_beyond_ascii_are_reached(site, monkeypatch):
    port = int(site.rpartition(":")[2])
    monkeypatch.setattr(module._Visit, "_address", lambda *_: "127.0.0.1")
    [found] = fetch(f"http://münchen.example:{port}/host", here)
    assert found.read()[1].decode() == f"xn--mnchen-3ya.example:{port}"


def test_an_archive_at_an_address_has_its_reason(site):
    with pytest.raises(SourceError, match="archive at an address"):
        list(fetch(f"{site}/docs.zip", here))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
     "::1", "fe80::1%eth0", "fc00::1", "fec0::1", "::ffff:127.0.0.1", "::", "2002:7f00:1::", "64:ff9b::10.0.0.1"],
)  # fmt: skip
def test_private_addresses_are_told_apart(address):
    assert not public(address)


def test_public_addresses_are_public():
    assert public("93.184.216.34")
    assert public("2606:2800:220:1:248:1893:25c8:1946")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "169.254.169.254"]
)
def test_the_base_refuses_private_addresses(base, host):
    report = base.add([f"http://{host}:9/"])
    assert report["sources"] == 0
    assert "private or local" in report["skipped"][0]["reason"] or "no host" in report["skipped"][0]["reason"]


def test_pages_files_and_redirects_are_read(site):
    (page,) = fetch(f"{site}/page", here)
    assert page.read() == (f"{site}/page.html", PAGE)
    (notes,) = fetch(f"{site.replace('http', 'HTTP')}/notes.md", here)
    assert notes.read()[0].endswith("/notes.md")
    (moved,) = fetch(f"{site}/moved", here)
    assert (moved.read()[1], moved.source) == (PAGE, f"{site}/moved")


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/none", "answered 404"), ("/round", "redirects more"), ("/inward", "private or local"),
     ("/scheme", "no web address"), ("/nowhere", "no web address"), ("/private/page", "robots.txt"),
     ("/empty.xml", "names no pages")],
)  # fmt: skip
def test_each_refusal_has_its_reason(site, path, reason):
    with pytest.raises(SourceError, match=reason):
        list(fetch(f"{site}{path}", here))


def test_large_answers_are_cut_off(site, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 1000)
    with pytest.raises(SourceError, match="larger"):
        list(fetch(f"{site}/large", here))


def reason(found):
    with pytest.raises(SourceError) as caught:
        found.read()
    return str(caught.value)


def test_site_maps_bring_their_own_sites_pages_and_tell_the_others(site, monkeypatch):
    page, none, bad, others = fetch(f"{site}/map.xml", here)
    assert (page.source, page.read()[1]) == (f"{site}/page", PAGE)
    assert none.source.endswith("/none")
    assert "404" in reason(none)
    assert "no web address" in reason(bad)
    assert "1 of its pages are of other sites" in reason(others)
    monkeypatch.setattr(module, "MOST_PAGES", 1)
    page, more, others = fetch(f"{site}/map.xml", here)
    assert "2 more of its pages" in reason(more)
    assert module._site("https://www.example.com/a") == module._site("https://example.com/b")


def test_an_index_of_site_maps_is_followed(site):
    gone, page, *_ = fetch(f"{site}/maps.xml", here)
    assert (gone.source, page.source) == (f"{site}/gone.xml", f"{site}/page")
    assert "404" in reason(gone)


@pytest.mark.parametrize(
    "url", ["http://user:pw@example.com/", "http://", "HTTP://", "http://[bad/", "http://host:99999/"]
)
def test_strange_addresses_are_refused(base, url):
    report = base.add([url])
    assert len(report["skipped"]) == 1


@pytest.mark.timeout(20)
@pytest.mark.parametrize("raw", [b"<loc>https://a" * 40_000, b"<loc>https://a" + b" " * 400_000])
def test_a_broken_site_map_is_read_in_linear_time(raw):
    places = (
        b"<LOC>\n<![CDATA[ https://a.example/1 ]]> </LOC><loc>https://a.example/?a&amp;b</loc><loc>no</loc>"
    )
    found = module._places(b"<urlset>" + places + raw)
    assert found == ["https://a.example/1", "https://a.example/?a&b"]
