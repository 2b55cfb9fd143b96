"""Twilio's WhatsApp without Twilio: a stateful stand-in for the demo, the terminal chat and the tests.

It answers the REST calls of Twilio's own client, keeps every message, signs its webhooks as Twilio does, and can be
told to fail in all the ways a network fails. It forgets everything when the process ends.
"""

from bot.channels.fake_twilio.fake import FakeTwilio, Incoming, Receipt
from bot.channels.fake_twilio.faults import Faults
from bot.channels.fake_twilio.ledger import Change, Direction, File, Record

__all__ = ["Change", "Direction", "FakeTwilio", "Faults", "File", "Incoming", "Receipt", "Record"]
