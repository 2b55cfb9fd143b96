"""What simulated customers write: mostly what they are asked for, so that tickets come of it, and now and then something else."""

from random import Random

from bot.engine.conversation import Conversation
from bot.engine.flow import Flow
from bot.engine.nodes.ask import Ask
from bot.engine.nodes.menu import Menu

#: Written at any time; several of them, and all nonsense, are answered with the same words again and again.
ANY_TIME = (
    "hola",
    "menú",
    "estado",
    "volver",
    "0",
    "ayuda",
    "qwerty uiop",
    "qwerty uiop",
    "olvidé mi usuario",
    "olvidé mi contraseña",
    "asesor",
)
_FIELDS = {
    "name": ("María Rodríguez", "José Pérez"),
    "tax_id": ("900123456-8", "900123456-7"),
    "email": ("maria@ejemplo.com", "maria arroba ejemplo punto com"),
    "phone": ("este", "300 123 4567"),
    "purchase_date": ("antier", "ayer", "hace una semana"),
    "detail": ("la factura de octubre sale en blanco cuando la descargo", "no me abre el reporte de ventas del mes"),
}
_NODES = {
    "Consent": ("acepto", "acepto", "acepto", "no acepto"),
    "Summary": ("sí", "sí", "sí", "2"),
    "Confirm": ("1", "2"),
    "Collect": ("1", "continuar sin adjuntos"),
    "Clarify": ("1", "2"),
    "Activation": ("ayer", "hace una semana"),
    "Start": ("hola", "1", "asesor"),
}
_ASTRAY = 0.15


def next_text(flow: Flow, state: Conversation, luck: Random) -> str:
    """What a customer writes who is asked this."""
    node = flow.nodes[state.node]
    if luck.random() < _ASTRAY:
        return luck.choice(ANY_TIME)
    match node:
        case Menu():
            return str(luck.randint(1, len(node.options)))
        case Ask():
            return luck.choice(_FIELDS[node.kind])
        case _:
            return luck.choice(_NODES.get(type(node).__name__, ("hola",)))


def burst(luck: Random) -> list[str]:
    """What somebody writes who does not wait for answers."""
    return luck.choices(ANY_TIME, k=luck.randint(2, 4))
