"""Whether this process lives, and whether it can do its work."""

import asyncio

import sqlalchemy as sa
from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse

from bot.runtime import Runtime

_SECONDS = 1.5


def create_health(runtime: Runtime) -> APIRouter:
    """`/health/live` and `/health/ready`."""
    router = APIRouter(prefix="/health")

    @router.get("/live")
    async def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/ready")
    async def ready() -> JSONResponse:
        """Each part and its state. Without the database nothing can be accepted: 503. Without Redis it is only slower."""
        database = "ok" if await _database_answers(runtime) else "down"
        coordination = "ok" if await runtime.coordination.is_well() else "degraded"
        status = "down" if database == "down" else coordination
        parts = {"database": database, "coordination": coordination, "flow": "ok"}
        return JSONResponse({"status": status, "parts": parts}, status_code=503 if status == "down" else 200)

    return router


async def _database_answers(runtime: Runtime) -> bool:
    try:
        async with asyncio.timeout(_SECONDS):
            await runtime.database.read(
                lambda connection: connection.execute(sa.text("SELECT 1 FROM conversations LIMIT 1")).first()
            )
    except (SQLAlchemyError, TimeoutError):
        return False
    return True
