"""robots.txt as RFC 9309 has it."""

import time

import pytest

from knowledge.robots import Robots

AGENT = "StartupAssistant"


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /*?sort=", "/list?sort=asc", False),
        ("Disallow: /*?sort=", "/list?page=2", True),
        ("Disallow: /private*/", "/private-area/a", False),
        ("Disallow: /*.pdf$", "/a/b.pdf", False),
        ("Disallow: /*.pdf$", "/a/b.pdf?x", True),
        ("Disallow: /a$", "/a", False),
        ("Disallow: /a$", "/a/b", True),
        ("Disallow: /\nAllow: /docs/", "/docs/a", True),
        ("Disallow: /\nAllow: /docs/", "/a", False),
        ("Allow: /\nDisallow: /docs/", "/docs/a", False),
        ("Disallow: /a\nAllow: /a", "/a", True),
        ("Disallow:", "/a", True),
        ("Disallow: /%7Eann", "/~ann/x", False),
        ("Disallow: / # all", "/a", False),
        ("", "/a", True),
    ],
)
def test_the_longest_rule_counts(rules, path, allowed):
    assert Robots(f"User-agent: *\n{rules}", AGENT).allow(f"https://x.example{path}") is allowed


def test_a_group_of_ones_own_counts_alone():
    text = "User-agent: *\nDisallow: /\n\nUser-agent: Other\nUser-Agent: startupassistant/1.0\nDisallow: /private\n"
    ours = Robots(text, AGENT)
    assert ours.allow("https://x.example/a") and not ours.allow("https://x.example/private/a")
    assert not Robots(text, "Somebody").allow("https://x.example/a")


def test_no_pattern_takes_long():
    robots, began = Robots(f"User-agent: *\nDisallow: /{'*a' * 2000}b$", AGENT), time.perf_counter()
    assert robots.allow("https://x.example/" + "a" * 8000)
    assert time.perf_counter() - began < 1
