"""What the page may ask for, as JSON. Anything else is refused before it reaches the phones."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.engine.inputs import Kind


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewPhone(_Order):
    """A customer to add. Without a phone number WhatsApp shows the username's id only."""

    profile_name: str = Field(min_length=1, max_length=100)
    phone: str = Field(default="", max_length=30)


class Place(_Order):
    """A location to share, in degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    label: str = Field(default="", max_length=200)
    address: str = Field(default="", max_length=200)


class Message(_Order):
    """A message to send from the phone at `address`. `media` is the key of a file posted before."""

    address: str
    kind: Kind
    text: str = Field(default="", max_length=4096)
    choice: str = Field(default="", max_length=256)
    media: str = ""
    location: Place | None = None
    times: int = Field(default=1, ge=1, le=5)


class FaultChange(_Order):
    """A fault to set: for the next so many occasions, always, or (0) no more; or the measure of one."""

    name: str
    value: float | Literal["always"] = Field(union_mode="left_to_right")
