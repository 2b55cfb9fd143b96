"""WhatsApp through Twilio. Nothing outside this folder and its stand-in knows Twilio's names."""

from bot.channels.twilio.channel import TwilioChannel
from bot.channels.twilio.errors import is_retryable

__all__ = ["TwilioChannel", "is_retryable"]
