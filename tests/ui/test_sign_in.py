"""Signing in with a password, and with another service over OpenID Connect."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from starlette.testclient import TestClient

from assistant.access.refusals import Refusals
from assistant.application import Application
from assistant.errors import BadRequest, BadSettings
from assistant.settings import Settings
from tests.ui.commands import apart, here
from tests.ui.oidc_provider import CLIENT, SECRET, Provider, running_provider
from ui import sign_in
from ui.oidc import build as build_oidc
from ui.server import build

WORDS = "correct horse battery staple"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Application]:
    settings = Settings(
        home=tmp_path_factory.mktemp("sign-in") / "home",
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT,
        oidc_client_secret=SecretStr(SECRET),
        oidc_newcomers="viewer",
        oidc_domains="team.example, other.example",
    )
    application = Application(settings)
    yield application
    application.close()


@pytest.fixture(scope="module")
def web(app: Application):
    return build(app)


@pytest.fixture
def browser(web, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(sign_in, "BY_ADDRESS", sign_in.Limiter(1000))
    monkeypatch.setattr(sign_in, "BY_NAME", sign_in.Limiter(1000))
    return TestClient(web, base_url="http://127.0.0.1:7860", follow_redirects=False)


def _enter(browser: TestClient, name: str, password: str) -> httpx.Response:
    return browser.post("/sign-in", data={"name": name, "password": password})


def test_a_password_signs_in(app: Application, browser: TestClient) -> None:
    ann = app.users.add("Ann")
    assert 'type="password"' not in browser.get("/sign-in").text  # nobody has one yet
    app.users.set_password(ann["id"], WORDS)
    assert 'type="password"' in browser.get("/sign-in").text
    for name, password in (("Ann", WORDS + " "), ("Nobody", WORDS), ("Ann", ""), ("owner", WORDS)):
        refused = _enter(browser, name, password)
        assert refused.status_code == 401 and "wrong" in refused.text and "Set-Cookie" not in refused.headers
    assert _enter(browser, " Ann ", WORDS).headers["Location"] == "/"
    assert browser.get("/", headers=HTML).status_code == 200
    assert browser.get("/v1/models").status_code == 200
    signed_in, *refused = app.audit.entries(action="sign")
    assert (signed_in["name"], signed_in["details"]) == ("Ann", {"by": "a password"})
    assert signed_in["source"] == "testclient"
    assert {entry["action"] for entry in refused} == {"sign-in refused"}
    assert WORDS not in str(app.audit.entries()) and WORDS not in str(app.users.get(ann["id"]))
    app.users.set_password(ann["id"], WORDS[::-1])  # other browsers are signed out
    assert browser.get("/v1/models").status_code == 401
    with pytest.raises(BadRequest, match="12 characters"):
        app.users.set_password(ann["id"], "short")


def test_passwords_cannot_be_tried_for_ever(
    app: Application, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.users.set_password(app.users.add("Bo")["id"], WORDS)
    monkeypatch.setattr(sign_in, "BY_NAME", sign_in.Limiter(5))
    assert [_enter(browser, "Bo", "guess").status_code for _ in range(7)] == [401] * 5 + [429] * 2
    assert _enter(browser, "bo ", WORDS).status_code == 429  # the right one too, for a while
    monkeypatch.setattr(sign_in, "BY_NAME", sign_in.Limiter(1000))
    monkeypatch.setattr(sign_in, "BY_ADDRESS", sign_in.Limiter(3))
    tried = [_enter(browser, f"name {n}", "guess").status_code for n in range(5)]
    assert tried == [401] * 3 + [429] * 2


def test_another_sites_form_signs_nobody_in(app: Application, browser: TestClient) -> None:
    app.users.set_password(app.users.add("Cy")["id"], WORDS)
    evil = {"Origin": "https://evil.example"}
    answer = browser.post("/sign-in", data={"name": "Cy", "password": WORDS}, headers=evil)
    assert answer.headers["Location"] == "/sign-in" and "Set-Cookie" not in answer.headers


def test_the_command_line_sets_a_password(capfd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    here(capfd, "users", "add", "Di")
    assert apart(tmp_path / "home", "users", "password", "Di", stdin=WORDS + "\n").code == 0
    assert "12 characters" in apart(tmp_path / "home", "users", "password", "Di", stdin="short\n").error
    assert here(capfd, "users", "role", "Di", "viewer", "--json").json["role"] == "viewer"
    assert here(capfd, "users", "remove", "Di").code == 0
    done = [entry["action"] for entry in here(capfd, "audit", "list", "--json").json["entries"]]
    assert done[:3] == ["user removed", "user's role changed", "password set"]
    assert here(capfd, "audit", "verify", "--json").json["intact"]


def _through(browser: TestClient) -> httpx.Response:
    """The way of a browser to the service and back."""
    away = browser.get("/sign-in/service/")
    back = httpx.get(away.headers["Location"], follow_redirects=False)
    assert back.headers["Location"].startswith("http://127.0.0.1:7860/sign-in/service/callback?")
    return browser.get(back.headers["Location"])


def _person(provider: Provider, subject: str, email: str, verified: bool | None = True) -> None:
    provider.person = {"sub": subject, "email": email, "email_verified": verified}
    provider.signed_with, provider.changed = provider.key, {}


def test_a_service_signs_in_newcomers_of_the_teams_domains(
    app: Application, browser: TestClient, provider: Provider
) -> None:
    assert "Sign in with 127.0.0.1" in browser.get("/sign-in").text
    _person(provider, "1", "eve@team.example")
    assert _through(browser).headers["Location"] == "/"
    assert browser.get("/v1/models").status_code == 200
    eve = app.users.by_name("eve@team.example")
    assert eve["role"] == "viewer"
    _person(provider, "1", "eve@renamed.example")  # the same person, whatever they are called now
    assert _through(browser).headers["Location"] == "/"
    assert [user["name"] for user in app.users.list()].count("eve@team.example") == 1


def test_a_service_does_not_sign_in_strangers(
    app: Application, browser: TestClient, provider: Provider
) -> None:
    for subject, email, verified in (
        ("2", "mallory@elsewhere.example", True),
        ("3", "mal@team.example", False),
        ("4", "mal@team.example", None),
        ("5", "", True),
    ):
        _person(provider, subject, email, verified)
        refused = _through(browser)
        assert refused.status_code == 403 and "Set-Cookie" not in refused.headers.get("Location", "")
        assert browser.get("/v1/models").status_code == 401


def test_a_user_the_admin_added_is_the_services_person_of_that_address(
    app: Application, browser: TestClient, provider: Provider
) -> None:
    app.users.add("flo@elsewhere.example", "admin")
    _person(provider, "6", "flo@elsewhere.example")
    assert _through(browser).headers["Location"] == "/"
    _person(
        provider, "7", "flo@elsewhere.example"
    )  # another person with that address is not let into the account
    assert (
        _through(TestClient(browser.app, base_url=browser.base_url, follow_redirects=False)).status_code
        == 403
    )


@pytest.mark.parametrize(
    "lie", [{"aud": "another"}, {"nonce": "another"}, {"iss": "https://evil.example"}, {"exp": 1}, "key"]
)
def test_false_tokens_are_refused(browser: TestClient, provider: Provider, lie) -> None:
    _person(provider, "1", "eve@team.example")
    if lie == "key":
        provider.signed_with = RSAKey.generate_key(2048, {"kid": "1"})
    else:
        provider.changed = lie
    assert _through(browser).status_code == 401
    assert browser.get("/v1/models").status_code == 401


def test_whoever_is_refused_is_in_the_audit_log(
    app: Application, browser: TestClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by() -> dict:
        monkeypatch.setattr(app, "refusals", Refusals(app.database))  # an address may be refused again
        return app.audit.entries(1, action="sign-in refused")[0]["details"]

    by()
    assert browser.get("/sign-in?token=made-up").status_code == 401
    assert "used or is too old" in by()["why"]
    assert browser.get("/v1/models", headers={"Authorization": "Bearer sk-made-up"}).status_code == 401
    assert by()["by"] == "a key"
    _person(provider, "12", "mallory@elsewhere.example")
    assert _through(browser).status_code == 403
    assert by() == {"by": app.settings.oidc_host, "why": "<hidden> is no user here.", "times": 1}


def test_a_callback_nobody_asked_for_is_refused(browser: TestClient) -> None:
    assert browser.get("/sign-in/service/callback?code=a&state=b").status_code == 401
    assert browser.get("/sign-in/service/callback?error=access_denied").status_code == 401


def test_a_service_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", oidc_issuer="http://127.0.0.1:9", oidc_client_id="a")
    application = Application(settings)
    answer = TestClient(build_oidc(application)).get("/")
    assert "does not answer" in answer.text
    settings.oidc_client_id = ""
    with pytest.raises(BadSettings, match="CLIENT_ID"):
        build_oidc(application)
    application.close()
