"""What a process without pages answers, if it is asked to listen: whether it lives and can work, and its measures."""

from fastapi import FastAPI

from bot.runtime import Runtime
from bot.web import metrics
from bot.web.health import create_health


def create_status(runtime: Runtime) -> FastAPI:
    """`/health/live`, `/health/ready` and `/metrics`, as the web has them."""
    app = FastAPI(title="Soporte", openapi_url=None)
    app.router.routes.extend(metrics.routes(runtime))
    app.include_router(create_health(runtime))
    return app
