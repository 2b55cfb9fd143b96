"""A small OpenID Connect provider on loopback: discovery, authorization code with PKCE, signed tokens, and ways to lie."""

import base64
import secrets
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

_PLACES = {"authorization": "authorize", "token": "token"}
CLIENT, SECRET = "console", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


@dataclass
class Provider:
    """Everybody who comes is the one in `person`. `lies` replaces claims, or takes them away with None."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "email": "Ana@Siigo.test", "email_verified": True})
    lies: dict[str, Any] = field(default_factory=dict)
    named: str = ""  #: what it calls itself in its own description, if not by its name
    algorithm: str = "RS256"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signer: Any = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.describe),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/keys", self.keys),
            ]
        )

    async def describe(self, request: Request) -> Response:
        del request
        places = {
            f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in (("authorization", "authorize"), ("token", "token"))
        }
        return JSONResponse({"issuer": self.named or self.issuer, "jwks_uri": f"{self.issuer}/keys", **places})

    async def keys(self, request: Request) -> Response:
        del request
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        wanted = {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256"}
        if any(asked.get(name) != value for name, value in wanted.items()) or "openid" not in asked["scope"].split():
            return Response(status_code=400)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return RedirectResponse(
            f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"
        )

    async def token(self, request: Request) -> Response:
        posted = dict(parse_qsl((await request.body()).decode()))
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(posted.get("code", ""), None)  # a code works once
        challenge = base64.urlsafe_b64encode(sha256(posted.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        is_right = request.headers.get("authorization") == f"Basic {basic}" and asked is not None
        if not is_right or not asked or asked["code_challenge"] != challenge or asked["redirect_uri"] != posted["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.person}
        said = {name: value for name, value in {**claims, **self.lies}.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "one"}
        return JSONResponse(
            {"access_token": "x", "token_type": "Bearer", "id_token": jwt.encode(header, said, self.signer or self.key)}
        )


def forger() -> RSAKey:
    """A key that is not the provider's, under the name of the one that is."""
    return RSAKey.generate_key(2048, {"kid": "one"})


def our_secret() -> OctKey:
    """What both sides know, misused as a key."""
    return OctKey.import_key(SECRET)


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
