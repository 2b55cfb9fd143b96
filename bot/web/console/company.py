"""Logging in by the company's own login (OpenID Connect), where that is set up. It takes the password's place, not the code's:
whoever has a second factor here is still asked for it.
"""

import json
import logging
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents import identities, oidc
from bot.agents.oidc import Claimed, NotBelievedError, Provider
from bot.agents.trail import Action, Deed, record
from bot.web.console import cookies
from bot.web.console.confirming import WAIT, forgive, may_try
from bot.web.console.context import console_of
from bot.web.console.cookies import Cookie
from bot.web.console.guard import client_address, client_of, is_same, local_path
from bot.web.console.login import begun_session, login_form
from bot.web.console.pages import root

router = APIRouter()
_log = logging.getLogger(__name__)
_BACK = "/entrar/empresa/vuelta"
_SECONDS = 600  #: to log in at the provider
_LONGEST = 2000
_COUNTED = "company"


@router.get("/entrar/empresa")
async def go(request: Request, next: str = "") -> Response:  # noqa: A002 (the parameter's name in the address)
    """To the provider. What has to come back with the agent is kept in a cookie that only this host gets."""
    provider = _provider(request)
    try:
        begun = await oidc.begin(provider)
    except NotBelievedError as error:
        _log.warning("the company's login cannot begin: %s", error)
        return login_form(request, way_on=next, problem="company", status=502)
    answer = RedirectResponse(begun.address, status_code=303)
    kept = {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier, "next": local_path(next, "")}
    cookies.put(request, answer, Cookie.COMPANY, json.dumps(kept).encode().hex(), seconds=_SECONDS)
    return answer


@router.get(_BACK)
async def come_back(request: Request, code: str = "", state: str = "", iss: str = "") -> Response:
    """From the provider. Every refusal shows the login; none tells whether there is such an agent."""
    provider, kept = _provider(request), _kept(request)
    if not is_same(state, kept.get("state", "")) or iss not in ("", provider.issuer) or len(code) > _LONGEST:
        return _refused(request, "company", 403)
    address = client_address(request)
    if not await may_try(request, _COUNTED, address):
        answer = _refused(request, "throttled", 429)
        answer.headers.update(WAIT)
        return answer
    now = console_of(request).runtime.clock.outside()
    try:
        claimed = await oidc.finish(provider, code, kept["nonce"], kept["verifier"], now)
    except NotBelievedError as error:
        _log.warning("a login by the company's provider was refused: %s", error)
        return _refused(request, "company", 403)
    token = await _entered(request, provider.issuer, claimed)
    if token is None:
        return _refused(request, "company_nobody", 403)
    await forgive(request, _COUNTED, address)
    answer = RedirectResponse(local_path(kept.get("next", ""), f"{root(request)}/"), status_code=303)
    cookies.put_session(request, answer, token)
    for used in (Cookie.COMPANY, Cookie.LOGIN_FORM):
        cookies.drop(request, answer, used)
    return answer


async def _entered(request: Request, issuer: str, claimed: Claimed) -> str | None:
    """The token of a new session for the agent whose identity this is; None, and a line on the trail, if it is nobody's."""
    console, client = console_of(request), client_of(request)
    before, now = cookies.read(request, Cookie.SESSION), console.runtime.clock.now()

    def job(connection: Connection) -> str | None:
        agent = identities.agent_of(connection, issuer, claimed)
        if agent is None:
            record(connection, Deed(Action.LOGIN_FAILED, "", address=client.address, data={"by": "oidc"}), now)
            return None
        return begun_session(connection, console, agent, (before, client), by="oidc")

    return await console.runtime.database.write(job)


def _provider(request: Request) -> Provider:
    """The one that is set up. Raises 404 if none is."""
    settings = console_of(request).runtime.settings
    if not settings.oidc.issuer:
        raise HTTPException(404)
    back = f"{settings.public_url.rstrip('/')}{root(request)}{_BACK}"
    return Provider(settings.oidc.issuer, settings.oidc.client_id, settings.oidc.client_secret.get_secret_value(), back)


def _kept(request: Request) -> dict[str, str]:
    """What was kept when the login began; empty if nothing was."""
    try:
        found: Any = json.loads(bytes.fromhex(cookies.read(request, Cookie.COMPANY)))
    except ValueError:
        return {}
    names = ("state", "nonce", "verifier", "next")
    return found if isinstance(found, dict) and all(isinstance(found.get(name), str) for name in names) else {}


def _refused(request: Request, problem: str, status: int) -> Response:
    answer = login_form(request, way_on=_kept(request).get("next", ""), problem=problem, status=status)
    cookies.drop(request, answer, Cookie.COMPANY)
    return answer
