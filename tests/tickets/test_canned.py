from dataclasses import replace
from functools import partial

import pytest

from bot.db import Database
from bot.engine.effects import FieldValue
from bot.tickets import canned, queries
from bot.tickets.canned import Canned, ReplyRefusedError, UnknownReplyError, filled, fit, unknown, unresolved, values_of
from bot.tickets.service import open_ticket
from tests.tickets.world import NOW, asked

REPLY = Canned("saludo", "Saludo", "Hola, {nombre}. Tu solicitud {ticket}.")


@pytest.mark.parametrize(
    ("text", "values", "expected", "missing"),
    [
        ("Hola, {nombre}.", {"nombre": "Ana"}, "Hola, Ana.", ()),
        ("{ Nombre } {NOMBRE} {nómbre}", {"nombre": "Ana"}, "Ana Ana Ana", ()),
        ("Hola, {nombre}: {correo}", {"nombre": "", "correo": "a@b.co"}, "Hola, {nombre}: a@b.co", ("nombre",)),
        ("{nombre}", {"nombre": "{ticket} {{7*7}} %s \\1 ${x}", "ticket": "SF-1"}, "{ticket} {{7*7}} %s \\1 ${x}", ()),
        ("{ticket}{ticket}", {"ticket": "SF-1"}, "SF-1SF-1", ()),
        ("nada } que { llenar", {"nombre": "Ana"}, "nada } que { llenar", ()),
    ],
)
def test_each_variable_is_filled_once_and_what_has_no_value_stays(
    text: str, values: dict[str, str], expected: str, missing: tuple[str, ...]
) -> None:
    found = filled(replace(REPLY, text=text), values)
    assert (found.text, found.missing) == (expected, missing)


def test_what_a_customer_wrote_cannot_look_like_a_forgotten_variable(database: Database) -> None:
    fields = (FieldValue("nombre", "Nombre", " Ana\n{ticket} "), FieldValue("correo", "Correo", "x" * 500))
    database.write_now(partial(open_ticket, ticket=asked("ana", "SM1:0", fields=fields), now=NOW))
    ticket = database.read_now(partial(queries.ticket, number="SF-000001"))
    assert ticket is not None
    values = values_of(ticket, "Luis Paz")
    assert values.keys() == set(canned.VARIABLES)
    assert (values["nombre"], values["agente"], len(values["correo"])) == ("Ana (ticket)", "Luis Paz", 200)
    assert unresolved(filled(REPLY, values).text) == ()


@pytest.mark.parametrize(
    ("text", "standing", "strange"),
    [
        ("Hola {nombre} {nombre} { Ticket }", ("nombre", "ticket"), ()),
        ("Hola {nombe}, {}", (), ("nombe", "")),
        ("un { solo, o {\n} nada", (), ()),
        ("{{nombre}}", ("nombre",), ()),
        ("{" * 5000, (), ()),
    ],
)
def test_what_stands_in_braces_is_a_variable_or_is_told(text: str, standing: tuple[str, ...], strange: tuple[str, ...]) -> None:
    assert (unresolved(text), unknown(text)) == (standing, strange)


@pytest.mark.parametrize(
    ("shortcut", "title", "text", "reason"),
    [
        ("", "a", "b", "shortcut"),
        ("a/b", "a", "b", "shortcut"),
        ("a", " ", "b", "no_title"),
        ("a", "a", "\n", "no_text"),
        ("a" * 33, "a", "b", "too_long"),
        ("a", "a", "b" * 2001, "too_long"),
        ("a", "a", "b\0", "too_long"),
        ("a", "a", "{saldo}", "unknown_variable"),
    ],
)
def test_a_reply_that_cannot_be_used_is_refused_with_its_reason(shortcut: str, title: str, text: str, reason: str) -> None:
    with pytest.raises(ReplyRefusedError) as refusal:
        fit(shortcut, title, text)
    assert refusal.value.reason == reason
    assert fit(" /Clave Nueva", "  La   clave ", "a\r\nb {Nombre} ") == Canned("clave-nueva", "La clave", "a\nb {Nombre}")


def test_replies_are_kept_changed_and_deleted_and_no_shortcut_is_given_twice(database: Database) -> None:
    other = Canned("adios", "Despedida", "Hasta luego.")
    for reply in (REPLY, other):
        database.write_now(partial(canned.add, reply=reply, now=NOW))
    with pytest.raises(ReplyRefusedError):
        database.write_now(partial(canned.add, reply=REPLY, now=NOW))
    with pytest.raises(ReplyRefusedError):
        database.write_now(partial(canned.change, shortcut="adios", reply=REPLY, now=NOW))
    renamed = replace(REPLY, shortcut="hola")
    assert database.write_now(partial(canned.change, shortcut="saludo", reply=renamed, now=NOW)) == REPLY
    assert database.read_now(canned.listed) == [other, renamed]
    assert database.write_now(partial(canned.delete, shortcut="adios")) == other
    for gone in ("adios", "", "a\0"):
        with pytest.raises(UnknownReplyError):
            database.write_now(partial(canned.delete, shortcut=gone))
