"""What each address of the console is for: the right that `guard` asks for before anything of the page is looked up.

An address that is not listed here is closed to everybody. `{username}` in an address names the one whose things they are;
an address without it is about one's own things, or about nobody's.
"""

from collections.abc import Mapping
from types import MappingProxyType

from fastapi import Request

from bot.agents.rights import Verb

#: Who is not logged in may come here, and nowhere else.
OPEN = frozenset({"GET /entrar", "POST /entrar"})

VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        "POST /salir": Verb.LOG_OUT,
        "GET /": Verb.LIST_TICKETS,
        "GET /solicitudes/{number}": Verb.READ_TICKET,
    }
)


def verb_of(request: Request) -> Verb | None:
    """The right that this request's address asks for; None if the address is not listed."""
    return VERBS.get(f"{request.method} {request.scope['route'].path}")
