"""`/metrics` for Prometheus: what this process counted, and what the database says waits.

Open to programs on this machine that come without a proxy, or, if `metrics.token` is set, to whoever shows it and to nobody else.
"""

import hmac
import ipaddress
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.conversations.tables import catch_ups, inbox
from bot.messages.allowance import Allowance, part_spent
from bot.messages.tables import UNSETTLED, messages
from bot.metrics import REGISTRY
from bot.runtime import Runtime

_log = logging.getLogger(__name__)
METRICS_PATH = "/metrics"
#: What a proxy adds. Whoever comes through one is not on this machine, whatever address is told.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@dataclass(frozen=True)
class Waiting:
    """What waits in the database, whichever process is to do it. Seconds are since the oldest came."""

    inputs: int
    input_seconds: float
    outgoing: dict[str, int]  #: by status
    outgoing_seconds: float
    caught_up: int  #: messages that no webhook had brought, since the beginning
    looked_seconds: float | None  #: since the provider's list was compared last; None if it never was
    day_spent: float | None  #: which part of the day's messages is sent; None without a cap

    def families(self) -> Iterator[Metric]:
        """The same for Prometheus."""
        yield GaugeMetricFamily("soporte_inbox_waiting", "Inputs that are not handled yet", self.inputs)
        yield GaugeMetricFamily("soporte_inbox_oldest_seconds", "Age of the oldest of them", self.input_seconds)
        outbox = GaugeMetricFamily("soporte_outbox", "Messages to be sent, by status", labels=["status"])
        for status in UNSETTLED:
            outbox.add_metric([status.value], self.outgoing.get(status.value, 0))
        yield outbox
        yield GaugeMetricFamily("soporte_outbox_oldest_seconds", "Age of the oldest of them", self.outgoing_seconds)
        yield CounterMetricFamily("soporte_caught_up", "Messages that no webhook had brought", self.caught_up)
        if self.looked_seconds is not None:
            yield GaugeMetricFamily("soporte_caught_up_age_seconds", "Since Twilio's list was compared last", self.looked_seconds)
        if self.day_spent is not None:
            yield GaugeMetricFamily("soporte_sends_of_day", "Messages sent today, as a part of the day's cap", self.day_spent)


def waiting(connection: Connection, now: datetime, allowance: Allowance) -> Waiting:
    """Count what waits, along indexes that hold only that."""
    unhandled = inbox.c.handled_at.is_(None)
    oldest = sa.func.min(inbox.c.received_at, type_=inbox.c.received_at.type)
    inputs = connection.execute(sa.select(sa.func.count(), oldest).where(unhandled)).one()
    unsettled = messages.c.status.in_([sa.literal_column(f"'{status.value}'", sa.Text) for status in UNSETTLED])
    first = sa.func.min(messages.c.created_at, type_=messages.c.created_at.type)
    outgoing = connection.execute(
        sa.select(messages.c.status, sa.func.count(), first).where(unsettled).group_by(messages.c.status)
    )
    rows = outgoing.all()
    last_look = sa.func.min(catch_ups.c.looked_at, type_=catch_ups.c.looked_at.type)
    caught_up = connection.execute(sa.select(sa.func.coalesce(sa.func.sum(catch_ups.c.found), 0), last_look)).one()
    return Waiting(
        inputs=inputs[0],
        input_seconds=_seconds(inputs[1], now),
        outgoing={row[0]: row[1] for row in rows},
        outgoing_seconds=_seconds(min((row[2] for row in rows), default=None), now),
        caught_up=int(caught_up[0]),
        looked_seconds=None if caught_up[1] is None else _seconds(caught_up[1], now),
        day_spent=part_spent(connection, allowance, now),
    )


class _Found:
    """The families of one look at the database, as a registry wants them."""

    def __init__(self, found: Waiting) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        return self._found.families()


def routes(runtime: Runtime) -> list[Route]:
    """`/metrics`."""

    async def metrics(request: Request) -> Response:
        refusal = _refusal(request, runtime.settings.metrics.token.get_secret_value())
        if refusal is not None:
            return refusal
        now, allowance = runtime.clock.now(), Allowance(runtime.settings.overload.sends_per_day, runtime.flow.zone)
        text = generate_latest(REGISTRY)
        try:
            found = await runtime.database.read(lambda connection: waiting(connection, now, allowance))
        except SQLAlchemyError as error:  # what this process knows is worth having, then more than ever
            _log.warning("what waits could not be counted: %s", type(error).__name__)
        else:
            text += generate_latest(_Found(found))
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})

    return [Route(METRICS_PATH, metrics, methods=["GET"])]


def _refusal(request: Request, token: str) -> Response | None:
    """None for those who may look."""
    if token:
        given = request.headers.get("authorization", "")
        if hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return None
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    client = request.client.host if request.client else ""
    is_forwarded = any(name in request.headers for name in _FORWARDED)
    return None if _is_loopback(client) and not is_forwarded else Response(status_code=403)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
