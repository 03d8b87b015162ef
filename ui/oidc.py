"""Signing in with another service over OpenID Connect (Google, Microsoft, Keycloak …): its authorization code flow.

Authlib does the protocol: state, nonce, PKCE, and the check of the identity token's signature and claims. What stays
between the two requests of one sign-in lies in a signed cookie for ten minutes.
"""

from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.access.tokens import kept_secret
from assistant.api.auth import address
from assistant.application import Application
from assistant.errors import AppError, BadSettings, Forbidden, Unauthenticated
from assistant.logs import log
from ui.languages import listen
from ui.sign_in import entered, form

PATH = "/sign-in/service"
MINUTES = 10


def build(app: Application) -> Starlette | None:
    """The two routes of the sign-in, to be mounted at :data:`PATH`; None where no service is set.

    Raises:
        BadSettings: some of the settings are missing.
    """
    settings = app.settings
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_host or not settings.oidc_client_id:
        raise BadSettings(
            "ASSISTANT_OIDC_ISSUER needs an address, and ASSISTANT_OIDC_CLIENT_ID beside it.",
            "Set both, with ASSISTANT_OIDC_CLIENT_SECRET where the service gave one; or unset the issuer.",
        )
    from starlette.middleware.sessions import SessionMiddleware

    door = _Door(app)
    kept = Middleware(
        SessionMiddleware,
        secret_key=kept_secret(app.home.folder("") / "sign-in.key").hex(),
        session_cookie="assistant_sign_in",
        max_age=MINUTES * 60,
        path=PATH,
        same_site="lax",
        https_only=settings.public_url.startswith("https:"),
    )
    routes = [Route("/", door.go, name="go"), Route("/callback", door.come_back)]
    return Starlette(routes=routes, middleware=[kept])


class _Door:
    def __init__(self, app: Application):
        from authlib.integrations.starlette_client import OAuth

        self._app, settings = app, app.settings
        secret = settings.oidc_client_secret
        self._client: Any = OAuth().register(
            "service",
            client_id=settings.oidc_client_id,
            client_secret=secret.get_secret_value() if secret else None,
            server_metadata_url=settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
        )

    async def go(self, request: Request) -> Response:
        """Send the browser to the service."""
        listen(request.headers)
        base = self._app.settings.public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"
        try:
            answer: Response = await self._client.authorize_redirect(request, f"{base}{PATH}/callback")
        except Exception as error:
            # Whatever httpx and authlib make of a service that is away or answers nonsense.
            log().warning("sign-in service does not answer", error=repr(error))
            return await self._refused(
                BadSettings(
                    f"{self._app.settings.oidc_host} does not answer.",
                    "Try again later, or use a sign-in link.",
                )
            )
        return answer

    async def come_back(self, request: Request) -> Response:
        """Take the browser back with what the service says of its user."""
        listen(request.headers)
        try:
            claims = await self._claims(request)
            user = await run_in_threadpool(self._user, claims)
        except AppError as error:
            host = self._app.settings.oidc_host
            await run_in_threadpool(self._app.refusals.note, address(request), host, error.message)
            return await self._refused(error)
        return await run_in_threadpool(entered, request, self._app, user, self._app.settings.oidc_host)

    async def _claims(self, request: Request) -> dict[str, Any]:
        try:
            token = await self._client.authorize_access_token(request)
        except Exception as error:
            # Authlib's own errors (a forged state, a wrong signature, another audience), and httpx's.
            log().warning("sign-in refused", error=repr(error))
            raise Unauthenticated("The sign-in was not completed.", "Try again.") from error
        if "userinfo" not in token:
            raise Unauthenticated(
                "The service did not say who you are.", "Ask its admin for the scope openid."
            )
        return dict(token["userinfo"])

    def _user(self, claims: dict[str, Any]) -> dict[str, Any]:
        """The user behind verified claims.

        Raises:
            Forbidden: nobody of that address is let in.
        """
        settings = self._app.settings
        name = str(claims.get("email") or "")
        # Microsoft says it by the optional claim xms_edov; an address that nobody verified could be another's.
        if not name or True not in (claims.get("email_verified"), claims.get("xms_edov")):
            raise Forbidden(
                "The service knows no verified e-mail address of yours.", "Verify it there first."
            )
        domains = [each.strip().lower() for each in settings.oidc_domains.split(",") if each.strip()]
        welcome = bool(settings.oidc_newcomers) and (
            not domains or name.rsplit("@", 1)[-1].lower() in domains
        )
        subject = f"{claims['iss']} {claims['sub']}"
        return self._app.users.signed_in_by(subject, name, settings.oidc_newcomers if welcome else None)

    async def _refused(self, error: AppError) -> Response:
        return await run_in_threadpool(form, self._app, error)
