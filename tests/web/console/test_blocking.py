"""Blocking a customer from a ticket, and letting them in again: with a reason, on the trail, and only by those who may."""

import sqlalchemy as sa

from bot.agents import accounts
from bot.agents.rights import Role
from bot.agents.tables import audit
from bot.tickets.service import open_ticket
from tests.tickets.world import NOW, asked
from tests.web.console.browser import Browser, parsed
from tests.web.console.conftest import World

TICKET, BLOCKED = "/consola/solicitudes/SF-000001", "/consola/bloqueados"


def send(browser: Browser, path: str, **fields: str) -> int:
    return browser.post(path, {"csrf": browser.csrf(), **fields}).status_code


def told(world: World) -> list[tuple[str, str, dict[str, str]]]:
    query = sa.select(audit.c.action, audit.c.object, audit.c.data).where(audit.c.action.like("customer:%")).order_by(audit.c.id)
    return [tuple(row) for row in world.database.read_now(lambda connection: connection.execute(query).all())]


def test_a_customer_is_blocked_with_a_reason_and_let_in_again_by_a_supervisor(agent: Browser, world: World) -> None:
    world.write(open_ticket, ticket=asked("ana", "SM1:0"), now=NOW)
    assert "Bloquear a este cliente" in parsed(agent.get(TICKET)).words
    assert send(agent, f"{TICKET}/bloquear", reason="no such reason") == 400
    assert send(agent, f"{TICKET}/bloquear") == 400
    assert told(world) == []
    assert [send(agent, f"{TICKET}/bloquear", reason="abuse") for _ in range(2)] == [303, 303]
    shown = parsed(agent.get(TICKET)).words
    assert "Cliente bloqueado: el bot no le responde" in shown
    assert "Insulta o amenaza. Lo bloqueó Ana Gómez" in shown
    assert "Desbloquear al cliente" not in shown
    assert send(agent, f"{BLOCKED}/contact-ana/desbloquear") == 403
    world.write(accounts.set_role, username="ana.gomez", role=Role.SUPERVISOR, now=NOW)
    assert "Insulta o amenaza" in parsed(agent.get(BLOCKED)).words
    assert send(agent, f"{BLOCKED}/contact-ana/desbloquear") == 303
    assert send(agent, f"{BLOCKED}/contact-ana/desbloquear") == 404
    assert "No hay clientes bloqueados" in parsed(agent.get(f"{BLOCKED}?hecho=desbloquear")).words
    assert told(world) == [
        ("customer:blocked", "SF-000001", {"reason": "abuse"}),
        ("customer:unblocked", "contact-ana", {"reason": "abuse"}),
    ]
