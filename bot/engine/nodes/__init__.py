"""The node types, by the name that `type:` gives them in the flow files. A new type is a file here and a line below."""

from bot.engine.nodes.activation import Activation
from bot.engine.nodes.ask import Ask
from bot.engine.nodes.base import Node
from bot.engine.nodes.case import Case
from bot.engine.nodes.clarify import Clarify
from bot.engine.nodes.collect import Collect
from bot.engine.nodes.comment import Comment
from bot.engine.nodes.confirm import Confirm
from bot.engine.nodes.consent import Consent
from bot.engine.nodes.menu import Menu
from bot.engine.nodes.my_tickets import MyTickets
from bot.engine.nodes.open_ticket import OpensTicket
from bot.engine.nodes.rate import Rate
from bot.engine.nodes.say import Say
from bot.engine.nodes.start import Start
from bot.engine.nodes.summary import Summary

NODES: dict[str, type[Node]] = {
    "start": Start,
    "menu": Menu,
    "case": Case,
    "activation": Activation,
    "say": Say,
    "confirm": Confirm,
    "clarify": Clarify,
    "consent": Consent,
    "ask": Ask,
    "collect": Collect,
    "summary": Summary,
    "open_ticket": OpensTicket,
    "my_tickets": MyTickets,
    "rate": Rate,
    "comment": Comment,
}
