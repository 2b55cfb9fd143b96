"""Reports on the dialogues of customers with the bot, and the one that sums everything up.

Dialogues count for the day they began on. What became of one is known once the customer has been silent for `SILENCE`. In this
order, the first that holds:

- `ticket`: a ticket was opened
- `agent`: the customer asked for an agent, or one came
- `open`: the customer wrote within the last `SILENCE`: not known yet
- `helped`: a documented answer was given, and the customer said that it was of use (or that they would wait)
- `silent`: a documented answer was given, and the customer said nothing more
- `none`: no documented answer was given

Solved by the bot alone are `helped` and `silent`; the second is a guess, so the two are never shown as one without saying so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.conversations.dialogues import SILENCE
from bot.conversations.tables import dialogues
from bot.engine.flow import Flow
from bot.engine.tree import branches
from bot.tickets import ratings
from bot.tickets import reports as of_tickets
from bot.tickets.ratings import share
from bot.tickets.reports import Period, Table, Value, within

OUTCOMES = ("helped", "silent", "ticket", "agent", "none", "open")


@dataclass(frozen=True)
class View:
    """From where it is looked at: what the flow is today, and when."""

    flow: Flow
    now: datetime


def summary(connection: Connection, period: Period, view: View) -> Table:
    """What matters most, beside what it was in as many days before."""
    now, before = (_measures(connection, one, view) for one in (period, period.before))
    return Table(("measure", "now", "before"), tuple((name, value, before[name]) for name, value in now.items()))


def bot_alone(connection: Connection, period: Period, view: View) -> Table:
    """What became of the dialogues."""
    counts = _outcomes(connection, period, view)
    whole = sum(counts.values())
    return Table(
        ("outcome", "dialogues", "percent"), tuple((name, counts[name], share(counts[name], whole)) for name in OUTCOMES)
    )


def bot_by_case(connection: Connection, period: Period, view: View) -> Table:
    """What became of the dialogues in which each documented answer was given."""
    node, outcome = _visited(connection), _outcome(view)
    query = sa.select(node.c.value, *(_count(outcome == name) for name in OUTCOMES if name != "none"))
    found = connection.execute(_of(query.select_from(dialogues.join(node, sa.true())), period).group_by(node.c.value))
    rows = {row[0]: row[1:] for row in found}
    names = sorted(view.flow.cases.keys() & rows.keys(), key=lambda name: -sum(rows[name]))
    columns = ("case", "given", *(name for name in OUTCOMES if name != "none"))
    return Table(columns, tuple((name, sum(rows[name]), *rows[name]) for name in names))


def left(connection: Connection, period: Period, view: View) -> Table:
    """Node by node in the order of the tree: how many dialogues came there, how many ended there, and how many were left there.

    Left: the bot waited for an answer that never came, and neither a ticket nor an agent nor a "yes, it helped" came of it.
    """
    node, waits = _visited(connection), [name for name, one in view.flow.nodes.items() if one.waits]
    visits = sa.select(node.c.value, sa.func.count().label("number")).select_from(dialogues.join(node, sa.true()))
    came = {row.value: row.number for row in connection.execute(_of(visits, period).group_by(node.c.value))}
    outcome = _outcome(view)
    gone = sa.and_(outcome.in_(["silent", "none"]), dialogues.c.node.in_(waits))
    over = _count(outcome != "open")
    stops = _of(sa.select(dialogues.c.node, over, _count(gone)), period).group_by(dialogues.c.node)
    stopped = {name: (ended, lost) for name, ended, lost in connection.execute(stops)}
    known = [branch.node for branch in branches(view.flow)]
    names = [*(name for name in known if name in came), *sorted(came.keys() - set(known))]
    rows = []
    for name in names:
        ended, lost = stopped.get(name, (0, 0))
        rows.append((name, came[name], lost, share(lost, came[name]), ended - lost))
    return Table(("node", "visits", "left", "percent", "ended"), tuple(rows))


#: As `tickets.reports.REPORTS`; these need to know the flow too.
REPORTS: Mapping[str, Callable[[Connection, Period, View], Table]] = {
    "resumen": summary,
    "bot": bot_alone,
    "bot-casos": bot_by_case,
    "abandono": left,
}


def _measures(connection: Connection, period: Period, view: View) -> dict[str, Value]:
    answer, solution = of_tickets.times(connection, period).rows
    opened, answered_in_time, resolved_in_time, resolved = of_tickets.kept(connection, period)
    rated, average = ratings.average(connection, period)
    counts = _outcomes(connection, period, view)
    given = counts["helped"] + counts["silent"]
    return {
        "opened": opened,
        "resolved": resolved,
        "backlog": of_tickets.left_at(connection, period.end),
        "first_response_hours": answer[2],
        "answered_in_time_percent": share(answered_in_time, opened),
        "resolution_hours": solution[2],
        "resolved_in_time_percent": share(resolved_in_time, opened),
        "average_stars": average,
        "rated": rated,
        "dialogues": sum(counts.values()),
        "helped": counts["helped"],
        "silent": counts["silent"],
        "bot_alone_percent": share(given, sum(counts.values()) - counts["open"]),
    }


def _outcomes(connection: Connection, period: Period, view: View) -> dict[str, int]:
    outcome = _outcome(view).label("outcome")
    query = _of(sa.select(outcome, sa.func.count().label("number")), period)
    counts = {row.outcome: row.number for row in connection.execute(query.group_by(outcome))}
    return {name: counts.get(name, 0) for name in OUTCOMES}


def _outcome(view: View) -> sa.ColumnElement[str]:
    # Names stand in the statement literally: PostgreSQL must see that what is selected is what is grouped by.
    names = {name: sa.literal_column(f"'{name}'", sa.Text) for name in OUTCOMES}
    return sa.case(
        (dialogues.c.opened_ticket, names["ticket"]),
        (dialogues.c.asked_agent, names["agent"]),
        (dialogues.c.last_at > view.now - SILENCE, names["open"]),
        (dialogues.c.helped, names["helped"]),
        (dialogues.c.answered, names["silent"]),
        else_=names["none"],
    )


def _visited(connection: Connection) -> sa.TableValuedAlias:
    """The nodes of a dialogue's path as rows: column `value`."""
    if connection.dialect.name == "sqlite":
        return sa.func.json_each(dialogues.c.path).table_valued("value", name="visited")
    return sa.func.jsonb_array_elements_text(dialogues.c.path).table_valued("value", name="visited")


def _of(query: Any, period: Period) -> sa.Select[Any]:
    narrowed: sa.Select[Any] = query.where(within(dialogues.c.began_at, period))
    return narrowed


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((condition, 1)))
