"""Five hundred hostile texts in everything that a customer controls, and every page of the console in a real browser.

They come through the webhook where WhatsApp lets a customer write freely (words, captions, places, buttons, names, contacts),
and are put into the tickets' fields as if the form had taken them.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Dialog, Error, Page, Route
from sqlalchemy.engine import Connection

from bot.channels.fake_twilio import File
from bot.contacts.tables import addresses, contacts
from bot.conversations.tables import conversations
from bot.engine.effects import FieldValue
from bot.engine.inputs import Location
from bot.tickets.service import NewTicket, comment, open_ticket, rate
from tests.agent import Agent
from tests.browser.desk import Desk, desk_in
from tests.browser.hostile import COUNT, texts
from tests.browser.pages import visits
from tests.browser.scene import Scene, export, half_logged_in, person_of, staff
from tests.tickets.world import add_customer

_TOGETHER = 20  #: texts of one customer
_LONGEST = 4000
#: What our pages never have, whatever it does.
_FOREIGN = (
    "iframe, object, embed, base, portal, marquee, xss, math, style, meta[http-equiv], script:not([src^='/consola/estatico/']), "
    "link:not([href^='/consola/estatico/']), [srcdoc], [style]"
)
_LOOK = """(foreign) => {
  document.querySelectorAll('details').forEach((one) => { one.open = true; });
  const all = [...document.querySelectorAll('*')];
  const handlers = all.flatMap((one) => one.getAttributeNames().filter((name) => name.startsWith('on')));
  const ways = all.flatMap(({ href, src, action }) => [href, src, action]).filter((way) => typeof way === 'string' && way);
  return [
    ...window.reports, ...handlers, ...[...document.querySelectorAll(foreign)].map(({ outerHTML }) => outerHTML.slice(0, 200)),
    ...ways.filter((way) => !way.startsWith(location.origin) && !way.startsWith('data:image/svg')),
    ...('hostile' in window ? ['a script ran: ' + window.hostile] : []),
    ...(document.title.includes('hostile') && !location.search.includes('hostile') ? [document.title] : []),
  ];
}"""
_REPORTS = """window.reports = [];
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
  window.reports.push(`CSP: ${violatedDirective} ${blockedURI} ${sample}`);
});"""


@dataclass
class Ears:
    """What a browser did that none of our pages makes it do."""

    home: str
    heard: list[str] = field(default_factory=list)

    def listen(self, context: BrowserContext) -> None:
        """Hear all that pages of this browser do from now on."""
        context.add_init_script(_REPORTS)
        context.on("console", lambda message: self.complaint(message.type, message.text))
        context.on("dialog", self.dialog)
        context.on("weberror", lambda error: self.heard.append(f"error: {error.error}"))
        context.on("request", lambda request: self.request(request.url))

    def complaint(self, kind: str, text: str) -> None:
        """What the browser says to developers; CSP reports are among it."""
        if kind in {"error", "warning"} and "status of 40" not in text:
            self.heard.append(f"{kind}: {text}")

    def dialog(self, opened: Dialog) -> None:
        """A window that only a script opens."""
        self.heard.append(f"dialog: {opened.message}")
        opened.dismiss()

    def request(self, url: str) -> None:
        """An address that is asked for."""
        if not url.startswith((self.home, "data:", "blob:", "about:")):
            self.heard.append(f"request: {url}")

    def look(self, page: Page) -> None:
        """Look the page over."""
        self.heard += page.evaluate(_LOOK, _FOREIGN)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_in(tmp_path_factory.mktemp("hostile")) as started:
        staff(started)
        yield started


@pytest.fixture(scope="module")
def numbers(desk: Desk) -> list[str]:
    """Of tickets with twenty of the texts each, in everything that they and their conversations hold."""
    found = texts()
    groups = [found[start : start + _TOGETHER] for start in range(0, COUNT, _TOGETHER)]
    desk.aside.submit(asyncio.run, _write_in(desk, groups)).result()
    desk.settle()
    opened = [desk.write(_ticket_of, at=at, some=some, now=desk.stack.runtime.clock.now()) for at, some in enumerate(groups)]
    desk.write(partial(_small_tickets, found=found, now=desk.stack.runtime.clock.now()))
    agent = Agent(desk.stack, "agente")
    for number, some in zip(opened, groups, strict=True):
        agent.move(number, "assign")
        agent.send(number, "datos", field="campo1", value=some[0].strip() or "-", exact=some[0].strip() or "-")
        desk.write(rate, number=number, stars=1, now=desk.stack.runtime.clock.now())
        desk.write(comment, number=number, text="\n".join(some), now=desk.stack.runtime.clock.now())
    desk.settle()
    return opened


async def _write_in(desk: Desk, groups: Sequence[Sequence[str]]) -> None:
    """Each group by a customer of its own, eight at a time."""
    room = asyncio.Semaphore(8)

    async def one(at: int, some: Sequence[str]) -> None:
        async with room:
            for name, incoming in zip(some, _kinds(some), strict=False):
                sid, status = desk.stack.fake.accept(_phone(at), profile_name=name, **incoming), 503
                while status == 503:  # as Twilio does it: a busy machine says that it cannot take it now
                    status = await desk.stack.fake.deliver(sid)
                assert status == 200

    await asyncio.gather(*(one(at, some) for at, some in enumerate(groups)))


def _kinds(some: Sequence[str]) -> list[dict[str, Any]]:
    """The same texts in every kind of message."""
    whole = "\n".join(some)[:_LONGEST]
    card = File("text/vcard", f"BEGIN:VCARD\nVERSION:3.0\nFN:{some[0]}\nNOTE:{whole}\nEND:VCARD\n".encode())
    paper = File("application/pdf", b"%PDF-1.7\n" + whole.encode() + b"\n%%EOF\n")
    return [
        {"text": whole},
        {"location": Location(4.6, -74.1, address=" ".join(some[:10])[:_LONGEST], label=" ".join(some[10:])[:_LONGEST])},
        {"media": [card], "text": whole, "extra": {"MessageType": "contacts"}},
        {"media": [paper], "text": whole, "extra": {"MediaContentType0": some[4]}},  # a document's caption is its file's name
        {"button": (some[5][:200], whole)},
        {"text": some[6], "extra": {"InteractiveData": whole, "ListTitle": some[7], "ListId": some[8]}},
    ]


def _phone(at: int) -> str:
    return f"+5730055{at:05}"


def _ticket_of(connection: Connection, at: int, some: Sequence[str], now: Any) -> str:
    query = sa.select(conversations.c.id, conversations.c.contact_id).join_from(
        conversations, addresses, addresses.c.contact_id == conversations.c.contact_id
    )
    conversation, contact = connection.execute(query.where(addresses.c.address == f"whatsapp:{_phone(at)}")).one()
    fields = tuple(FieldValue(f"campo{n}", f"Campo {n}", text) for n, text in enumerate(some, 1))
    attachments = (
        {"url": some[0], "content_type": some[1]},
        {"latitude": 1, "longitude": 2, "address": some[2], "label": some[3]},
    )
    new = NewTicket(contact, conversation, f"hostile:{at}", "Otra consulta", "", fields, "\n".join(some), attachments)
    return open_ticket(connection, new, now)


def _small_tickets(connection: Connection, found: Sequence[str], now: Any) -> None:
    """One for each text, as the customer's name and as all that they told: for the list."""
    for n, text in enumerate(found):
        add_customer(connection, f"small-{n}", phone=f"+57300660{n:04}")
        connection.execute(sa.update(contacts).where(contacts.c.id == f"contact-small-{n}").values(profile_name=text[:200]))
        fields = (FieldValue("nombre", "Nombre", text),) if n % 2 else ()
        contact, conversation = f"contact-small-{n}", f"conversation-small-{n}"
        open_ticket(connection, NewTicket(contact, conversation, f"small:{n}", "Otra consulta", "", fields, text), now)


@pytest.mark.timeout(400)
def test_nothing_that_a_customer_wrote_runs_on_any_page(browser: Browser, desk: Desk, numbers: list[str]) -> None:
    ears = Ears(desk.stack.url)
    half_logged_in(desk)
    with desk.seat(browser, "agente") as context:
        ears.listen(context)
        page = context.new_page()
        for path in [f"/solicitudes/{number}" for number in numbers]:
            page.goto(f"/consola{path}")
            ears.look(page)
        page.goto("/consola/")
        listed = 1
        while page.get_by_role("link", name="Siguientes").count():
            ears.look(page)
            page.get_by_role("link", name="Siguientes").click()
            page.wait_for_load_state()
            listed += 1
        assert listed >= COUNT / 25
        for path in _others(desk, numbers):
            page.goto(f"/consola{path}")
            ears.look(page)
    assert ears.heard == []


def _others(desk: Desk, numbers: list[str]) -> Iterator[str]:
    """Every other page, and the searches for some of the texts."""
    asked = export(desk, Agent(desk.stack, "agente"))
    scene = Scene(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], asked, person_of(desk, numbers[5]))
    yield from (visit.path for visit in visits(scene) if visit.deed is None and visit.who == "agente")
    yield from ("/?buscar=" + "".join(f"%{byte:02X}" for byte in text[:100].encode()) for text in texts()[::50])


def test_the_ears_hear_what_the_same_texts_do_on_a_page_without_protection(browser: Browser) -> None:
    home = "http://127.0.0.1:1/"
    ears, held = Ears(home), {"text": ""}

    def answer(route: Route) -> None:
        if route.request.url == home:
            route.fulfill(content_type="text/html; charset=utf-8", body=held["text"])
        else:
            route.abort()

    with browser.new_context() as context:
        ears.listen(context)
        context.route("**/*", answer)
        for text in texts()[:10]:
            held["text"] = text
            page = context.new_page()
            with suppress(Error):  # some of them lead the page elsewhere meanwhile
                page.goto(home)
                ears.look(page)
            page.close()
    kinds = {what.partition(":")[0] for what in ears.heard}
    assert {"dialog", "request", "a script ran"} <= kinds
    assert len(ears.heard) > 5
