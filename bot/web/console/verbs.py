"""What each address of the console is for: the right that `guard` asks for before anything of the page is looked up.

An address that is not listed here is closed to everybody. `{username}` in an address names the one whose things they are;
an address without it is about one's own things, or about nobody's.
"""

from collections.abc import Mapping
from types import MappingProxyType

from fastapi import Request

from bot.agents.rights import Verb

#: Who is not logged in may come here, and nowhere else.
OPEN = frozenset({"GET /entrar", "POST /entrar", "GET /entrar/empresa", "GET /entrar/empresa/vuelta", "POST /csp"})

VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        "POST /salir": Verb.LOG_OUT,
        "GET /entrar/codigo": Verb.PROVE_FACTOR,
        "POST /entrar/codigo": Verb.PROVE_FACTOR,
        "GET /cuenta": Verb.KEEP_ACCOUNT,
        "GET /atajos": Verb.KEEP_ACCOUNT,
        "POST /cuenta/atajos": Verb.KEEP_ACCOUNT,
        "POST /cuenta/contrasena": Verb.KEEP_ACCOUNT,
        "POST /cuenta/sesiones/{id}/cerrar": Verb.KEEP_ACCOUNT,
        "POST /cuenta/sesiones/cerrar-otras": Verb.KEEP_ACCOUNT,
        "GET /cuenta/segundo-factor": Verb.SET_UP_FACTOR,
        "GET /cuenta/segundo-factor/qr.svg": Verb.SET_UP_FACTOR,
        "POST /cuenta/segundo-factor": Verb.SET_UP_FACTOR,
        "POST /cuenta/segundo-factor/confirmar": Verb.SET_UP_FACTOR,
        "POST /cuenta/segundo-factor/codigos": Verb.KEEP_ACCOUNT,
        "POST /cuenta/segundo-factor/quitar": Verb.KEEP_ACCOUNT,
        "GET /personas": Verb.SEE_PEOPLE,
        "POST /personas": Verb.ADD_PERSON,
        "GET /personas/{username}": Verb.SEE_PEOPLE,
        "POST /personas/{username}/rol": Verb.CHANGE_ROLE,
        "POST /personas/{username}/desactivar": Verb.DISABLE_PERSON,
        "POST /personas/{username}/activar": Verb.ENABLE_PERSON,
        "POST /personas/{username}/contrasena": Verb.GIVE_PASSWORD,
        "POST /personas/{username}/segundo-factor": Verb.RESET_FACTOR,
        "POST /personas/{username}/sesiones": Verb.END_SESSIONS,
        "GET /informes": Verb.SEE_REPORTS,
        "GET /informes/{report}": Verb.SEE_REPORTS,
        "GET /informes/{report}/csv": Verb.SEE_REPORTS,
        "GET /exportaciones": Verb.EXPORT_TICKETS,
        "POST /exportaciones": Verb.EXPORT_TICKETS,
        "GET /exportaciones/{export}": Verb.EXPORT_TICKETS,
        "GET /exportaciones/{export}/archivo": Verb.EXPORT_TICKETS,
        "GET /registro": Verb.READ_TRAIL,
        "GET /": Verb.LIST_TICKETS,
        "GET /vivo": Verb.LIST_TICKETS,
        "POST /vistas": Verb.LIST_TICKETS,
        "POST /vistas/{view}/borrar": Verb.LIST_TICKETS,
        "GET /solicitudes/{number}": Verb.READ_TICKET,
        "POST /solicitudes/{number}/mover": Verb.WORK_ON_TICKET,
        "POST /solicitudes/{number}/conversacion": Verb.WORK_ON_TICKET,
        "POST /solicitudes/{number}/responder": Verb.WORK_ON_TICKET,
        "POST /solicitudes/{number}/borrador": Verb.WORK_ON_TICKET,
        "POST /solicitudes/{number}/transferir": Verb.WORK_ON_TICKET,
        "POST /solicitudes/{number}/notas": Verb.WORK_ON_TICKET,
        "POST /solicitudes/{number}/reintentar": Verb.WORK_ON_TICKET,
        "POST /solicitudes/{number}/datos": Verb.WORK_ON_TICKET,
        "POST /solicitudes/{number}/presencia": Verb.READ_TICKET,
        "POST /solicitudes/{number}/etiquetas": Verb.WORK_ON_TICKET,
        "POST /solicitudes/{number}/insertar": Verb.WORK_ON_TICKET,
        "POST /solicitudes/{number}/bloquear": Verb.BLOCK_CUSTOMER,
        "GET /bloqueados": Verb.KEEP_BLOCKS,
        "POST /bloqueados/{contact}/desbloquear": Verb.KEEP_BLOCKS,
        "GET /respuestas": Verb.KEEP_REPLIES,
        "POST /respuestas": Verb.KEEP_REPLIES,
        "GET /respuestas/{shortcut}": Verb.KEEP_REPLIES,
        "POST /respuestas/{shortcut}": Verb.KEEP_REPLIES,
        "POST /respuestas/{shortcut}/borrar": Verb.KEEP_REPLIES,
        "GET /etiquetas": Verb.KEEP_LABELS,
        "POST /etiquetas": Verb.KEEP_LABELS,
        "POST /etiquetas/{label}": Verb.KEEP_LABELS,
        "POST /etiquetas/{label}/archivar": Verb.KEEP_LABELS,
        "POST /etiquetas/{label}/activar": Verb.KEEP_LABELS,
        "POST /solicitudes/{number}/ocultar": Verb.HIDE_MESSAGE,
        "POST /solicitudes/{number}/prorroga": Verb.WORK_ON_TICKET,
        "GET /privacidad": Verb.READ_PERSON,
        "GET /clientes/{contact}": Verb.READ_PERSON,
        "GET /clientes/{contact}/datos.json": Verb.EXPORT_PERSON,
        "GET /clientes/{contact}/datos.html": Verb.EXPORT_PERSON,
        "POST /clientes/{contact}/eliminar": Verb.ERASE_PERSON,
        "POST /clientes/{contact}/negar": Verb.ERASE_PERSON,
        "GET /adjuntos/{identity}": Verb.READ_TICKET,
        "GET /adjuntos/{identity}/original": Verb.READ_TICKET,
        "GET /adjuntos/{identity}/miniatura": Verb.READ_TICKET,
    }
)


def verb_of(request: Request) -> Verb | None:
    """The right that this request's address asks for; None if the address is not listed."""
    return VERBS.get(f"{request.method} {request.scope['route'].path}")
