"""Renders the console's templates. All Spanish stands there, and every value is escaped: customers' texts are hostile."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import phonenumbers
from fastapi import Request
from starlette.responses import HTMLResponse

from bot.agents.rights import Verb, can
from bot.agents.sessions import Session
from bot.web.console.browsers import described
from bot.web.console.context import console_of
from bot.web.console.guard import BLOCK_HEADER

#: The line serves Colombia: its agents and its customers read times on the same clock.
ZONE = ZoneInfo("America/Bogota")
_TEMPLATES = Path(__file__).parent.parent / "templates"


@cache
def environment() -> jinja2.Environment:
    """The templates, compiled once; a name that a template uses and nobody gave is an error, not an empty place."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["local"] = local
    made.filters["phone"] = phone
    made.filters["browser"] = described
    return made


def local(moment: datetime) -> datetime:
    """The same moment on Colombia's clock."""
    return moment.astimezone(ZONE)


def phone(number: str) -> str:
    """An E.164 number in the groups in which it is read; anything else as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A template as an answer, or the blocks of it that the page's script asks for to show again: one as it is, several each
    in a `template` element.

    It also gets `root`, the console's own path, `now`, and `today` in Colombia; with a `session` also `may(verb, whose)`, so that
    it shows no way that leads nowhere.
    """
    console = console_of(request)
    session = values.get("session")
    if isinstance(session, Session):
        actor = session.actor(factor_required=console.factor_required)
        values["may"] = lambda verb, whose=None: can(actor, Verb(verb), whose)
    values["root"] = root(request)
    values["now"] = console.runtime.clock.now()
    values["today"] = local(values["now"]).date()
    found = console.templates.get_template(f"console/{template}")
    blocks = [name for name in request.headers.get(BLOCK_HEADER, "").split() if name in found.blocks]
    if not blocks:
        return HTMLResponse(found.render(values), status_code=status)
    html = {name: "".join(found.blocks[name](found.new_context(values))) for name in blocks}
    wrapped = "".join(f'<template data-block="{name}">{one}</template>' for name, one in html.items())
    return HTMLResponse(html[blocks[0]] if len(blocks) == 1 else wrapped, status_code=status, headers={BLOCK_HEADER: "1"})


def words(request: Request, name: str) -> dict[str, str]:
    """A dictionary of `words.html`: what the code names → what people read."""
    found: dict[str, str] = vars(console_of(request).templates.get_template("console/words.html").module)[name]
    return found


def root(request: Request) -> str:
    """The path under which the console is mounted, without a slash at its end."""
    path: str = request.scope.get("root_path", "")
    return path.rstrip("/")
