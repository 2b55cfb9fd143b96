"""Asking the company's own OpenID Connect provider who somebody is: authorization code with PKCE, state and nonce.

It is believed about the identity and about nothing else: no role, no group, no name is taken from it. Discovery and keys are
fetched for every login, which is rare, so that a key that was withdrawn counts no more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

#: Signatures by a key of the provider's alone: neither `none` nor one that our own secret could make.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_SECONDS = 5.0
_LEEWAY = 60  #: seconds that clocks may differ


class NotBelievedError(Exception):
    """The provider could not be asked, or what it said does not hold; the message says why and holds nothing of anybody's."""


@dataclass(frozen=True)
class Provider:
    """The provider, and what this console is to it."""

    issuer: str
    client_id: str
    client_secret: str
    redirect: str  #: where the provider sends people back to


@dataclass(frozen=True)
class Begun:
    """A login that was begun: where to send the browser, and what it must bring back."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Claimed:
    """Who the provider says it is. `email` is empty unless the provider says that it is verified."""

    subject: str
    email: str


async def begin(provider: Provider) -> Begun:
    """Begin a login. Raises NotBelievedError."""
    async with _client() as client:
        found = await _discovered(client, provider.issuer)
    state, nonce, verifier = (generate_token(48) for _ in range(3))
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": provider.redirect,
        "scope": "openid email",
        "state": state,
        "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    address = found["authorization_endpoint"]
    return Begun(f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", state, nonce, verifier)


async def finish(provider: Provider, code: str, nonce: str, verifier: str, now: datetime) -> Claimed:
    """Who came back with this code. Raises NotBelievedError."""
    posted = {"grant_type": "authorization_code", "code": code, "redirect_uri": provider.redirect, "code_verifier": verifier}
    async with _client() as client:
        found = await _discovered(client, provider.issuer)
        methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        auth = None
        if "client_secret_basic" in methods:
            auth = httpx.BasicAuth(provider.client_id, provider.client_secret)
        else:
            posted |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
        answer = await _json(client, "POST", found["token_endpoint"], data=posted, auth=auth)
        keys = await _json(client, "GET", found["jwks_uri"])
    return _claimed(provider, answer.get("id_token"), keys, nonce, now)


def _claimed(provider: Provider, token: Any, keys: Any, nonce: str, now: datetime) -> Claimed:
    """What a signed token says, if it is the provider's, for this console, for this login, and of now."""
    if not isinstance(token, str):
        raise NotBelievedError("the provider gave no token")
    rules = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=_LEEWAY,
        iss={"essential": True, "value": provider.issuer},
        sub={"essential": True},
        aud={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS).claims
        rules.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotBelievedError(f"the provider's token does not hold: {type(error).__name__}") from None
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    azp = claims.get("azp", provider.client_id if len(audience) == 1 else None)
    if provider.client_id not in audience or azp != provider.client_id:
        raise NotBelievedError("the provider's token is for somebody else")
    email = claims.get("email") if claims.get("email_verified") is True else ""
    return Claimed(str(claims["sub"]), email if isinstance(email, str) else "")


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False, trust_env=False)


async def _discovered(client: httpx.AsyncClient, issuer: str) -> dict[str, Any]:
    """The provider's own description. Raises NotBelievedError, also if it is another's or leads away from TLS."""
    found = await _json(client, "GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise NotBelievedError("the provider calls itself by another name than oidc.issuer")
    scheme = f"{issuer.partition('://')[0]}://"
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not str(found.get(name, "")).startswith((scheme, "https://")):
            raise NotBelievedError(f"the provider's {name} is missing or not safe")
    return found


async def _json(client: httpx.AsyncClient, method: str, address: str, **more: Any) -> dict[str, Any]:
    try:
        answer = await client.request(method, address, **more)
        found = answer.json() if answer.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NotBelievedError(f"the provider cannot be asked: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise NotBelievedError(f"the provider answered {answer.status_code}")
    return found
