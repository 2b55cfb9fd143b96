"""Agents' deeds in any order, among whatever customers say: the bot and an agent never talk at the same time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine import conversation as snapshot
from bot.engine import stored
from bot.engine.effects import Say, WakeAt
from bot.engine.inputs import (
    AgentReleased,
    AgentReplied,
    AgentTookOver,
    Input,
    Kind,
    MessageReceived,
    SentFile,
    TicketResolved,
    TimeRanOut,
)
from bot.engine.step import begin, step
from bot.engine.turn import Circumstances, TicketSummary
from tests.engine import world

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
FLOW = world.real_flow()
TICKETS = st.sampled_from(["SF-000001", "SF-000002"])
AGENTS = st.sampled_from(["ana", "luis"])
FILES = (SentFile("f" * 32, "image/png"), SentFile("e" * 32, "application/pdf"))
TEXTS = st.sampled_from(
    ["hola", "menú", "1", "5", "asesor", "olvidé mi contraseña", "la factura sale en blanco", "gracias", "abrir"]
)
INPUTS: st.SearchStrategy[Input] = st.one_of(
    TEXTS.map(lambda text: MessageReceived(Kind.TEXT, text)),
    st.just(MessageReceived(Kind.REACTION, "👍")),
    st.just(TimeRanOut()),
    st.builds(AgentTookOver, TICKETS, AGENTS, st.just("Ana")),
    st.builds(AgentReleased, TICKETS, AGENTS),
    st.builds(AgentReplied, TICKETS, AGENTS, st.sampled_from(["Ya lo reviso", "Listo"]), st.sampled_from([(), FILES])),
    st.builds(TicketResolved, TICKETS, AGENTS),
)
GAPS = st.sampled_from([timedelta(seconds=5), timedelta(minutes=31), timedelta(hours=25), timedelta(days=8)])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    events=st.lists(st.tuples(INPUTS, GAPS), min_size=1, max_size=10),
    ends=st.sampled_from([None, NOW - timedelta(hours=1), NOW - timedelta(days=9)]),
)
def test_the_bot_is_silent_as_long_as_an_agent_talks(events: list[tuple[Input, timedelta]], ends: datetime | None) -> None:
    conversation, now = begin(FLOW), NOW
    owed: list[str] = []
    files: list[SentFile] = []
    for happened, gap in events:
        now += gap
        before = conversation
        tickets = [TicketSummary("SF-000001", "Ingreso", "resolved" if ends else "open", NOW, ends)]
        circumstances = Circumstances(now=now, tickets=lambda tickets=tickets: tickets, template="HX1")  # type: ignore[misc]
        done = step(FLOW, before, stored.from_json(stored.to_json(happened)), circumstances)
        conversation = snapshot.from_json(snapshot.to_json(done.conversation))
        assert conversation == done.conversation
        said = [effect for effect in done.effects if isinstance(effect, Say)]
        if isinstance(happened, MessageReceived) and before.agent:
            assert all(effect.author != "bot" for effect in said)
        if isinstance(happened, MessageReceived | AgentReplied):
            owed += [happened.text] if isinstance(happened, AgentReplied) else []
            heard = "\n\n".join(effect.text for effect in said if effect.author != "bot")
            owed = [] if heard and all(text in heard for text in owed) else owed
            files += happened.files if isinstance(happened, AgentReplied) else ()
            for sent in (file for effect in said for file in effect.files):
                files.remove(sent)
            assert files == [file for reply in conversation.pending for file in reply.files]
            assert owed == [reply.text for reply in conversation.pending]  # nothing an agent wrote is lost or said twice
        if conversation.unanswered_at is not None:
            assert conversation.agent
            assert any(isinstance(effect, WakeAt) for effect in done.effects)
