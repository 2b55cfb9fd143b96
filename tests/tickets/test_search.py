from functools import partial

import pytest
import sqlalchemy as sa

from bot.db import Database
from bot.engine.effects import FieldValue
from bot.tickets import listing, search
from bot.tickets.filters import Asking
from bot.tickets.listing import Question
from bot.tickets.service import hear, move, open_ticket
from bot.tickets.words import asked as asked_for
from bot.tickets.words import words
from tests.tickets.world import MINUTE, NOW, asked

FIELDS = (
    FieldValue("nombre", "Nombre", "Íngrid Muñoz D'Ávila"),
    FieldValue("nit", "NIT o cédula", "900123456-8"),
    FieldValue("correo", "Correo", "Ingrid.Munoz@ferretería.com.co"),
    FieldValue("telefono", "Teléfono", "+573015550199"),
)
HOSTILE = [
    *('"', "'", "*", '"*', "''''", '"a" OR "b"', "NEAR(a b, 2)", "a NEAR b", "NOT clave", "clave NOT", "AND", "OR", "()", "((("),
    *(
        "-clave",
        "+clave",
        "^clave",
        "clave*",
        "words:clave",
        "{words}: clave",
        "clave & !x | y",
        "a:*",
        "\\",
        "a\\'b",
        "%",
        "_",
        ";--",
    ),
    *(
        "\0",
        "cla\0ve",
        "\ud800",
        "🙈" * 2000,
        "a" * 4000,
        "a " * 2000,
        "1 " * 2000,
        "'" * 4000,
        "\u202eclave",
        "日本語",
        "½²",
        "١٢٣٤٥",
    ),
    *("", " ", ".", "SF-", "SF-99999999999999999999", "9" * 400, ":1 :words %(x)s ?", "' || words || '"),
]


def found(database: Database, query: str, **chosen: int | None) -> list[int]:
    wanted = {"below": None, "most": 50, **chosen}
    return database.read_now(lambda connection: search.found(connection, query, **wanted))  # type: ignore[arg-type]


@pytest.fixture
def opened(database: Database) -> str:
    ticket = asked("ana", "SM1:0", fields=FIELDS, detail="Sale el código E-4512 al iniciar", said=("Mi tío Ramón pagó", "hola"))
    return database.write_now(lambda connection: open_ticket(connection, ticket, NOW))


@pytest.mark.parametrize(
    "query",
    [
        *("SF-000001", "sf-1", "SF 000001", "000001", "ingrid", "ÍNGRID", "munoz", "Muñoz", "muñ", "d'avila", "ávila ingrid"),
        *("900123456-8", "900.123.456-8", "900.123.456", "900123456", "9001234568", "900 123 456", "90012"),
        *("+57 301 555 0199", "3015550199", "301 555 0199", "573015550199", "301-555-0199", "+573001234567", "300 123"),
        *(
            "ingrid.munoz@ferreteria.com.co",
            "ferretería",
            "e-4512",
            "e-45",
            "codigo iniciar",
            "ramon pago",
            "RAMÓN",
            "tio ho",
        ),
    ],
)
def test_a_ticket_is_found_by_what_is_known_of_it(database: Database, opened: str, query: str) -> None:
    assert found(database, query) == [1]


@pytest.mark.parametrize(
    "query", ["ramon luisa", "grid", "ngrid", "900123457", "555 0199", "codi inici", "SF-000002", "SF-11", "e-4513", "7"]
)
def test_a_ticket_is_not_found_by_other_words_or_by_pieces_of_its_own(database: Database, opened: str, query: str) -> None:
    assert found(database, query) == []


def test_what_the_customer_says_later_is_found_until_the_ticket_is_resolved(database: Database, opened: str) -> None:
    for n, text in enumerate(("Ahora me sale Pantalla Azul", "pantalla azul")):
        database.write_now(partial(hear, conversation_id="conversation-ana", text=text, now=NOW + n * MINUTE))
    assert found(database, "azul pantalla ingrid") == [1]
    database.write_now(lambda connection: move(connection, opened, "resolve", "ana.gomez", NOW))
    database.write_now(partial(hear, conversation_id="conversation-ana", text="gracias", now=NOW))
    assert found(database, "gracias") == []


def test_a_ticket_that_is_not_committed_is_not_found(database: Database) -> None:
    def job(connection: sa.Connection) -> None:
        open_ticket(connection, asked("ana", "SM1:0"), NOW)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        database.write_now(job)
    assert found(database, "ana") == []


@pytest.mark.parametrize("walk", [1, 3, 5_000])
def test_matches_come_newest_first_and_page_after_page(database: Database, monkeypatch: pytest.MonkeyPatch, walk: int) -> None:
    monkeypatch.setattr(search, "_SHORTEST_WALK", walk)
    monkeypatch.setattr(search, "_WALK_FOR_EACH", 0)

    def job(connection: sa.Connection) -> None:
        for n in range(7):
            open_ticket(connection, asked(("ana", "luis")[n % 2], f"m:{n}"), NOW)

    database.write_now(job)
    assert found(database, "contraseña") == [7, 6, 5, 4, 3, 2, 1]
    assert found(database, "contraseña", most=2, below=6) == [5, 4]
    assert found(database, "contraseña luis") == [6, 4, 2]


@pytest.mark.parametrize("size", [2, 3, 100])
def test_a_search_with_filters_shows_every_match_that_passes_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 3)

    def job(connection: sa.Connection) -> None:
        for n in range(12):
            number = open_ticket(connection, asked("ana", f"m:{n}"), NOW)
            if n not in {0, 1, 9, 10}:
                move(connection, number, "resolve", "ana.gomez", NOW)

    database.write_now(job)
    seen: list[int] = []
    behind = None
    while True:
        question = Question(Asking("ana.gomez", NOW), {"estado": "open"}, words="contrase", behind=behind, size=size)
        page = database.read_now(partial(listing.page, question=question))
        seen += [ticket.id for ticket in page.tickets]
        behind = page.more
        if behind is None:
            break
    assert seen == [11, 10, 2, 1]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_no_query_breaks_the_search(database: Database, opened: str, query: str) -> None:
    assert found(database, query) in ([], [1])
    assert found(database, f"ingrid {query}"[:4000]) in ([], [1])


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_breaks_the_index(database: Database, opened: str, text: str) -> None:
    database.write_now(partial(hear, conversation_id="conversation-ana", text=text, now=NOW))
    database.write_now(partial(hear, conversation_id="conversation-ana", text=f"x {text} finalmente", now=NOW))
    assert found(database, "finalmente") == ([1] if len(text) < 5000 else [])


def test_a_ticket_with_very_many_words_keeps_being_found_by_the_first(database: Database, opened: str) -> None:
    for n in range(5):
        text = " ".join(f"palabra{n}x{m}" for m in range(1200))
        database.write_now(partial(hear, conversation_id="conversation-ana", text=text, now=NOW))
    assert found(database, "palabra0x7") == [1]
    assert found(database, "palabra4x7") == []


def test_a_query_means_a_few_words_of_bounded_length() -> None:
    assert asked_for("uno, dos; ¡TRÉS!") == ["uno", "dos", "tres"]
    assert asked_for("sf-12 ana") == ["sf000012", "ana"]
    assert asked_for("900.123.456-8 ana") == ["9001234568", "ana"]
    assert asked_for("3 1 1") == ["3", "1", "1"]
    assert len(asked_for("a b " * 1000)) == 10
    assert [len(word) for word in asked_for("a" * 4000)] == [64]


def test_a_number_is_a_word_in_one_piece_and_in_its_pieces() -> None:
    assert words("Mi NIT: 900.123.456-8.") == {"mi", "nit", "900", "123", "456", "8", "9001234568"}
    assert words("+57 301 555 0199") == {"57", "301", "555", "0199", "573015550199", "3015550199"}
    assert words("opción 3") == {"opcion", "3"}
