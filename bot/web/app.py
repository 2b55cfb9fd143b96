"""The web application: webhooks, console, health, and in the demo the simulator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from bot.channels.fake_twilio import FakeTwilio
from bot.runtime import Runtime, working
from bot.web import media, metrics
from bot.web.console import create_console
from bot.web.dev import create_dev
from bot.web.headers import LeastHeaders
from bot.web.health import create_health
from bot.web.hooks import Webhooks
from bot.web.simulator import create_simulator

_STATIC = Path(__file__).parent / "static"


def create_app(runtime: Runtime, *, fake: FakeTwilio | None = None, works: bool = True) -> FastAPI:
    """The application on top of a runtime; while it serves, worker and sender run, if it `works`. `fake` adds the simulator."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with working(runtime, works=works):
            yield
            app.state.stopping.set()

    app = FastAPI(title="Soporte", openapi_url=None, lifespan=lifespan)
    app.state.stopping = asyncio.Event()
    app.add_middleware(Webhooks, runtime=runtime)
    app.router.routes.extend([*media.routes(runtime), *metrics.routes(runtime)])
    app.include_router(create_health(runtime))
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.mount("/consola", create_console(runtime, stopping=app.state.stopping))
    if runtime.settings.dev:
        app.include_router(create_dev(runtime))
    if fake is not None:
        app.include_router(create_simulator(fake, runtime.clock.now), prefix="/simulador")
    app.add_middleware(LeastHeaders, secure=runtime.settings.public_url.startswith("https://"))
    app.get("/", include_in_schema=False)(_front)
    return app


async def _front() -> RedirectResponse:
    """Whoever opens the bare address is most likely an agent."""
    return RedirectResponse("/consola")
