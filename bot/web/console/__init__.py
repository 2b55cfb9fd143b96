"""The agents' pages: log in, see the tickets, read one with its conversation. To be mounted under /consola.

Pages are made on the server; a script only keeps them up to date. All Spanish stands in `bot/web/templates/console` and
`flows/delivery.yaml`.
"""

import asyncio
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from bot.settings import ROOT
from bot.web.console import (
    account,
    attachments,
    blocking,
    canned,
    code,
    company,
    desk,
    errors,
    exports,
    factor,
    fields,
    inbox,
    labels,
    live,
    login,
    people,
    presence,
    privacy,
    replying,
    reports,
    tickets,
    trail,
    views,
    violations,
)
from bot.web.console.context import Console, ConsoleRuntime
from bot.web.console.delivery import Reasons, load
from bot.web.console.headers import ProtectiveHeaders
from bot.web.console.pages import environment

#: Every address of theirs must be listed in `verbs`.
ROUTERS = (
    login.router,
    code.router,
    company.router,
    account.router,
    factor.router,
    people.router,
    trail.router,
    reports.router,
    exports.router,
    inbox.router,
    live.router,
    tickets.router,
    desk.router,
    fields.router,
    replying.router,
    presence.router,
    blocking.router,
    labels.router,
    canned.router,
    views.router,
    attachments.router,
    privacy.router,
    violations.router,
)
_STATIC = Path(__file__).parent.parent / "static"


def create_console(runtime: ConsoleRuntime, reasons: Reasons | None = None, stopping: asyncio.Event | None = None) -> FastAPI:
    """The console as an application of its own. `reasons`: why messages fail, from `flows/delivery.yaml` unless given.

    Streams end when `stopping` is set: a server that shuts down would otherwise wait for the open pages.

    Raises what `delivery.load` raises: a console that could not explain a failure does not start.
    """
    app = FastAPI(title="Soporte", openapi_url=None, redirect_slashes=False)
    app.state.console = Console(
        runtime=runtime,
        reasons=reasons or load(ROOT / "flows" / "delivery.yaml"),
        templates=environment(),
        stopping=stopping or asyncio.Event(),
    )
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/estatico", StaticFiles(directory=_STATIC), name="static")
    app.add_middleware(ProtectiveHeaders, secure=app.state.console.secure, static="/estatico/", reports=violations.PATH)
    errors.install(app)
    return app
