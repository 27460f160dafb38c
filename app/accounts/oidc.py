"""Signing in at the city's identity provider: OpenID Connect, code flow with PKCE, state and nonce.

Two calls go out (the provider's description, the code for the ID token), each with a time limit and never inside a
transaction. What comes back is believed only after signature, issuer, audience, expiry and nonce were checked.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.core import clock
from app.core.errors import AppError
from app.core.settings import OidcSettings

SCOPE = "openid profile email phone"
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
LEEWAY_S = 60


class ProviderAway(AppError):
    status = 503
    code = "identity_provider_away"
    default = "统一身份认证暂时连不上，请稍后再试，或者用密码、短信验证码登录"


class ProviderRefused(AppError):
    status = 400
    code = "identity_refused"
    default = "统一身份认证没有通过，请重新登录一次"


@dataclass(frozen=True, slots=True)
class Trip:
    """What we remember while a person is away at the provider."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says it is; e-mail and mobile only if the provider has proven them."""

    issuer: str
    subject: str
    name: str
    email: str
    mobile: str
    second_factor: bool


def begin(settings: OidcSettings, *, back: str) -> tuple[str, Trip]:
    """Return the provider's address to send a person to, and what to remember meanwhile.

    Raises:
        ProviderAway: the provider does not answer.

    """
    trip = Trip(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
    known = _describe(settings)
    with _client(settings, back) as client:
        url, _ = client.create_authorization_url(
            known["authorization_endpoint"],
            state=trip.state,
            nonce=trip.nonce,
            code_verifier=trip.verifier,
        )
    return str(url), trip


def finish(settings: OidcSettings, *, back: str, code: str, trip: Trip) -> Identity:
    """Exchange the code and return who it is.

    Raises:
        ProviderAway: the provider does not answer.
        ProviderRefused: it refuses the code, or the ID token fails a check.

    """
    known = _describe(settings)
    try:
        with _client(settings, back) as client:
            token = client.fetch_token(
                known["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=trip.verifier,
            )
            keys = client.request("GET", known["jwks_uri"], withhold_token=True)
            keys.raise_for_status()
            claims = _claims(settings, str(token.get("id_token", "")), keys.json(), trip.nonce)
    except httpx2.HTTPError as error:
        raise ProviderAway from error
    except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
        raise ProviderRefused from error
    return _identity(settings, claims)


def _client(settings: OidcSettings, back: str) -> OAuth2Client:
    return OAuth2Client(
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value() if settings.client_secret else None,
        redirect_uri=back,
        scope=SCOPE,
        code_challenge_method="S256",
        timeout=settings.timeout_s,
    )


def _describe(settings: OidcSettings) -> Mapping[str, Any]:
    """Return the provider's own description; it must name the issuer that the settings name."""
    issuer = settings.issuer.rstrip("/")
    try:
        answer = httpx2.get(f"{issuer}/.well-known/openid-configuration", timeout=settings.timeout_s)
        answer.raise_for_status()
        known = answer.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise ProviderAway from error
    if not isinstance(known, dict) or str(known.get("issuer", "")).rstrip("/") != issuer:
        raise ProviderRefused
    if not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= known.keys():
        raise ProviderAway
    return known


def _claims(settings: OidcSettings, id_token: str, keys: Any, nonce: str) -> Mapping[str, Any]:
    token = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)
    claims = token.claims
    registry = jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "values": [settings.issuer, settings.issuer.rstrip("/")]},
        aud={"essential": True, "value": settings.client_id},
        exp={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    registry.validate(claims)
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != settings.client_id:
        raise ValueError("the token is for somebody else")
    return claims


def _identity(settings: OidcSettings, claims: Mapping[str, Any]) -> Identity:
    methods = claims.get("amr")
    said = {
        str(claims.get("acr", "")),
        *(str(item) for item in (methods if isinstance(methods, list) else [])),
    }
    return Identity(
        issuer=settings.issuer.rstrip("/"),
        subject=str(claims["sub"])[:255],
        name=str(claims.get("name", ""))[:40],
        email=str(claims.get("email", "")) if claims.get("email_verified") is True else "",
        mobile=str(claims.get("phone_number", "")) if claims.get("phone_number_verified") is True else "",
        second_factor=bool(said & set(settings.second_factor_values)),
    )
