"""When agents are there: business hours and the public holidays of Colombia (`flows/hours.yaml`)."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bot.engine.closed_days import holidays_of
from bot.engine.nodes.base import Text

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _span(value: object) -> object:
    """`08:00-18:00` → two times."""
    parts = value.split("-") if isinstance(value, str) else []
    if len(parts) != 2:
        message = "write it as 08:00-18:00"
        raise ValueError(message)
    return tuple(time.fromisoformat(part.strip()) for part in parts)


Span = Annotated[tuple[time, time], BeforeValidator(_span)]


class Hours(BaseModel):
    """Opening hours of the week, in the flow's time zone; a holiday is a closed day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: str
    holidays: Literal["CO"]
    open: dict[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], tuple[Span, ...]]
    text_open: Text  #: said while agents are there
    text_closed: Text  #: said while they are not

    def is_open(self, now: datetime) -> bool:
        """Whether agents are there at this (aware) time."""
        local = now.astimezone(ZoneInfo(self.zone))
        if local.date() in holidays_of(self.holidays):
            return False
        return any(begin <= local.time() < end for begin, end in self.open.get(_DAYS[local.weekday()], ()))  # type: ignore[call-overload]

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """When agents come and go on this day, aware and in order; empty on a closed day."""
        if day in holidays_of(self.holidays):
            return []
        zone, spans = ZoneInfo(self.zone), self.open.get(_DAYS[day.weekday()], ())  # type: ignore[call-overload]
        return sorted((datetime.combine(day, begin, zone), datetime.combine(day, end, zone)) for begin, end in spans)

    def tell(self, now: datetime) -> str:
        """What a customer is told about when somebody will answer."""
        return self.text_open if self.is_open(now) else self.text_closed
