"""Moving the product's clock, to try out what hours of silence lead to. Only with `dev`, never with real customers."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bot.runtime import Runtime


class Advance(BaseModel):
    """How far to move the clock forward."""

    model_config = ConfigDict(extra="forbid")

    advance_hours: Annotated[float, Field(gt=0, le=24 * 365)]


def create_dev(runtime: Runtime) -> APIRouter:
    """`/dev/clock`."""
    router = APIRouter(prefix="/dev")

    @router.get("/clock")
    async def read() -> dict[str, str]:
        """The product's time."""
        return {"now": runtime.clock.now().isoformat()}

    @router.post("/clock")
    async def advance(body: Advance) -> dict[str, str]:
        """Move it forward; what is due by then happens at once."""
        now = runtime.clock.advance(timedelta(hours=body.advance_hours))
        await runtime.coordination.wake("inbox")
        await runtime.coordination.wake("outbox")
        return {"now": now.isoformat()}

    return router
