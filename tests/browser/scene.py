"""A line on an ordinary morning: colleagues, labels, canned replies, and tickets in every state in which a page shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyotp
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents import factor
from bot.agents.accounts import credentials
from bot.agents.rights import Role
from bot.channels.fake_twilio import Faults, File
from bot.demo.seeding import seed
from bot.engine.conversation import to_json
from bot.engine.inputs import Location
from bot.engine.step import begin
from bot.tickets import canned, labels, views
from bot.tickets.labels import Colour
from bot.tickets.tables import tickets
from tests.agent import Agent
from tests.attachments.samples import FILES, image
from tests.browser.desk import Desk

MARIA, PEDRO, INES = "+573005550142", "+573005550143", "+573005550144"
#: The colleagues; `agente` is who looks at the pages.
PEOPLE = {
    "agente": ("Ana Gómez", Role.ADMIN),
    "laura.rios": ("Laura Ríos", Role.SUPERVISOR),
    "andres.mora": ("Andrés Mora", Role.AGENT),
    "camila.torres": ("Camila Torres", Role.AGENT),
    "julian.vega": ("Julián Vega", Role.AGENT),
    "sara.pardo": ("Sara Pardo", Role.AGENT),
}
_REPLIES = (
    ("saludo", "Saludo", "Hola, {nombre}: ya tengo tu solicitud {ticket} y la estoy revisando."),
    ("clave", "Recuperar la contraseña", "En la página de ingreso pulsa *¿Olvidaste tu contraseña?* y escribe {correo}."),
    ("cierre", "Despedida", "Quedo atento. ¡Que tengas un buen día!"),
)
_LABELS = (
    ("Correo no llega", Colour.AMBER),
    ("Plan anual", Colour.TEAL),
    ("Segunda vez", Colour.RED),
    ("Contador", Colour.VIOLET),
)
_DETAIL = "La pantalla queda en blanco y el computador muestra el código E-4512."


@dataclass(frozen=True)
class Scene:
    """Numbers of tickets by how they stand, and what else pages are about."""

    open: str  #: nobody's
    held: str  #: Ana's, with everything on it
    others: str  #: a colleague's
    closed: str  #: Ana's, whose customer has been silent for more than 24 hours
    rated: str  #: resolved, with stars and a comment
    export: str  #: the id of a finished export
    person: str  #: the id of the customer of `held`


def fill_in(desk: Desk, address: str, name: str, detail: str = _DETAIL) -> str:
    """A customer comes the documented way and fills in the form, with a picture; the ticket's number."""
    words = ("hola", "1", "3", "1", "Acepto", name, "900123456-8", "maria@ejemplo.com", "este", "ayer", detail)
    called = name.partition(" ")[0]
    for text in words:
        desk.hear(address, text=text, profile_name=called)
    if "¿Te funcionó?" in desk.said(address)[-1]:
        desk.hear(address, text="2", profile_name=called)
    picture = File("image/jpeg", image("JPEG", (640, 400)))
    desk.hear(address, media=[picture], profile_name=called)
    for text in ("listo", "sí"):
        desk.hear(address, text=text, profile_name=called)
    newest = sa.select(tickets.c.number).order_by(tickets.c.id.desc()).limit(1)
    return str(desk.read(lambda connection: connection.scalar(newest)))


def staff(desk: Desk) -> None:
    """Add the colleagues, their canned replies and labels."""
    now = desk.stack.runtime.clock.now()
    for username, (name, role) in PEOPLE.items():
        desk.add(username, name, role)
    for shortcut, title, text in _REPLIES:
        desk.write(canned.add, reply=canned.fit(shortcut, title, text), now=now)
    for label, colour in _LABELS:
        desk.write(labels.add, name=label, colour=colour)


def set_up(desk: Desk, count: int = 60) -> Scene:
    """Make it all. Takes some seconds: most of it goes through the webhook and the console's own forms."""
    runtime = desk.stack.runtime
    staff(desk)
    for _ in seed(runtime.database, count, to_json(begin(runtime.flow)), runtime.clock.now()):
        pass
    desk.write(views.keep, agent="agente", name="Mías sin leer", query="mias=si&no_leidas=si")
    ana, laura = Agent(desk.stack, "agente"), Agent(desk.stack, "laura.rios")
    closed, rated = desk.read(_silent), desk.read(_rated)
    ana.move(closed, "assign")
    ana.send(closed, "responder", text="Ya está resuelto: entra de nuevo y me cuentas.")
    held = fill_in(desk, MARIA, "María Rodríguez Prieto")
    _work_on(desk, ana, held)
    others = fill_in(desk, PEDRO, "Pedro Luis Ávila", "Necesito cambiar la contraseña porque se fue el contador.")
    laura.move(others, "assign")
    desk.settle()
    fresh = fill_in(desk, INES, "Inés Castaño", "Compramos el plan y no nos han enviado usuario ni contraseña.")
    ana.send(rated, "bloquear", reason="abuse")
    return Scene(fresh, held, others, closed, rated, export(desk, ana), person_of(desk, held))


def person_of(desk: Desk, number: str) -> str:
    """The id of this ticket's customer."""
    query = sa.select(tickets.c.contact_id).where(tickets.c.number == number)
    return str(desk.read(lambda connection: connection.scalar(query)))


def _work_on(desk: Desk, ana: Agent, number: str) -> None:
    """Everything that can stand on a ticket's page: files both ways, a place, a failure, notes, labels, corrections."""
    ana.move(number, "assign")
    ana.send(number, "etiquetas", put="correo-no-llega")
    ana.send(number, "etiquetas", put="segunda-vez")
    ana.send(number, "notas", note="Ya escribió ayer por lo mismo.\nEl correo registrado es de un contador que no está.")
    ana.reply(number, "Hola, *María*: ya tengo tu solicitud y la estoy revisando.")
    desk.settle()
    desk.hear(MARIA, text="Gracias. Te mando dónde estamos y el certificado 🙏")
    desk.hear(MARIA, location=Location(4.6584, -74.0937, "Calle 63 # 60-80, Bogotá", "Parque Simón Bolívar"))
    desk.hear(MARIA, media=[File("application/pdf", FILES["pdf"])], text="certificado de la cámara")
    ana.send(number, "responder", text="Mira la pantalla:", files=[("pasos.png", image("PNG", (480, 300)))])
    desk.settle()
    desk.stack.fake.faults = Faults(undelivered=1, undelivered_code=63024)
    ana.reply(number, "¿Pudiste entrar con ese usuario?")
    desk.settle()
    desk.stack.fake.faults = Faults()
    seen = ana.page(number)
    ana.send(number, "datos", seen, field="nombre", value="María Rodríguez Peña", exact="María Rodríguez Peña")
    desk.hear(MARIA, text="¿Sigues ahí?")


def _silent(connection: Connection) -> str:
    """An open ticket whose customer wrote long ago."""
    query = sa.select(tickets.c.number).where(tickets.c.status == "open").order_by(tickets.c.last_message_at).limit(1)
    return str(connection.scalar(query))


def _rated(connection: Connection) -> str:
    rated = sa.select(tickets.c.number).where(tickets.c.rating.is_not(None))
    query = rated.order_by((tickets.c.rating_comment != "").desc(), tickets.c.id).limit(1)
    return str(connection.scalar(query))


def export(desk: Desk, ana: Agent) -> str:
    """The id of an export that is asked for by its form."""
    csrf = ana.page("SF-000001").hidden["csrf"]
    asked = ana.post("/exportaciones", data={"csrf": csrf, "formato": "xlsx"})
    return asked.headers["location"].rpartition("/")[2]


def half_logged_in(desk: Desk) -> str:
    """Somebody whose second factor is in force; who logs in has shown the password so far. Their username."""
    desk.add("nora.paz", "Nora Paz")
    now: datetime = desk.stack.runtime.clock.now()
    found: Any = desk.read(credentials, username="nora.paz")
    key = desk.stack.runtime.settings.data_dir
    secret_key = factor.key_in(key)
    desk.write(factor.begin, agent_id=found.agent.id, now=now)
    secret = desk.read(factor.secret, key=secret_key, agent_id=found.agent.id)
    assert desk.write(factor.confirm, key=secret_key, agent_id=found.agent.id, code=pyotp.TOTP(secret).at(now), now=now)
    return "nora.paz"
