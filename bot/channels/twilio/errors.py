"""Twilio's error numbers, sorted by what may be done after them.

Source: https://www.twilio.com/docs/api/errors/<number>. A number in neither table stands for something that waiting
does not cure: a wrong address, a refused text, a closed 24-hour window, a setting.
"""

from bot.channels.base import Outcome

#: Not accepted, or not passed on, because too much was going on. The same message may go later.
BUSY = {
    20429: "too many calls to the API at once; the call was not processed",
    21611: "the sender's queue is full",
    30001: "the sender's queue overflowed",
    63017: "the account sends faster than its limit per second",
    63018: "the sender, or the business at Meta, reached its limit; may take a day",
    63038: "the account reached its limit for a day",
}

#: Something broke on the way behind Twilio, after the message was accepted. A few more tries, well apart, may help.
BROKE_ON_THE_WAY = {
    30500: "an error inside Twilio",
    63009: "the provider behind the channel answered with an error of its own",
    63010: "an error inside Twilio's channel",
    63012: "an error inside the provider behind the channel",
}


def is_retryable(code: int | None) -> bool:
    """True if a message that failed after it was accepted (a status callback with this code) may be sent again."""
    return code in BUSY or code in BROKE_ON_THE_WAY


def outcome(status: int, code: int | None) -> Outcome:
    """What an HTTP answer other than 2xx, with Twilio's error code if it gave one, says about the message.

    Only a 4xx says that nothing was accepted. A 408 comes from a proxy and says nothing about what lies behind it.
    """
    if status == 429 or code in BUSY:
        return Outcome.BUSY
    if 400 <= status < 500 and status != 408:
        return Outcome.REFUSED
    return Outcome.UNKNOWN
