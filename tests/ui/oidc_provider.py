"""A small OpenID Connect provider on loopback: it signs everybody in as whoever the test says."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Form
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse, RedirectResponse

from tests.ui.running import free_port

CLIENT, SECRET = "assistant", "the secret both know"


class Provider:
    """The provider's state: who signs in next, and how its tokens lie, where they do."""

    def __init__(self, url: str):
        self.url, self.key = url, RSAKey.generate_key(2048, {"kid": "1"})
        self.person: dict[str, Any] = {}
        self.signed_with, self.changed = self.key, {}
        self.codes: dict[str, dict[str, str]] = {}

    def token(self, nonce: str) -> str:
        """The identity token of the person who signs in."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims | self.person | self.changed, self.signed_with)


def _application(provider: Provider) -> FastAPI:
    api = FastAPI()

    @api.get("/.well-known/openid-configuration")
    def configuration() -> dict[str, Any]:
        return {
            "issuer": provider.url,
            "authorization_endpoint": f"{provider.url}/authorize",
            "token_endpoint": f"{provider.url}/token",
            "jwks_uri": f"{provider.url}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    @api.get("/keys")
    def keys() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    @api.get("/authorize")
    def authorize(redirect_uri: str, state: str, nonce: str, code_challenge: str) -> RedirectResponse:
        code = secrets.token_urlsafe(8)
        provider.codes[code] = {"nonce": nonce, "challenge": code_challenge}
        return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': state})}", 302)

    @api.post("/token")
    def token(code: Annotated[str, Form()], code_verifier: Annotated[str, Form()]) -> Any:
        asked = provider.codes.pop(code, None)
        digest = hashlib.sha256(code_verifier.encode()).digest()
        if not asked or base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return {"access_token": "a", "token_type": "Bearer", "id_token": provider.token(asked["nonce"])}

    return api


@contextmanager
def running_provider() -> Iterator[Provider]:
    """The provider, answering on loopback."""
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}")
    config = uvicorn.Config(_application(provider), port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield provider
    server.should_exit = True
    thread.join(5)
