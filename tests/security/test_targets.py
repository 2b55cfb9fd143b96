"""What a webhook says its files lie at is never asked: only the ids in it are taken, if it is an address of the account's."""

from bot.channels.twilio import TwilioChannel, file_key
from tests.attachments.targets import REDIRECTS
from tests.stack import ACCOUNT

OURS = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/MM{'1' * 32}/Media/ME{'2' * 32}"


def test_no_address_of_the_corpus_is_taken_for_one_of_ours_and_ours_is() -> None:
    corpus = {url.replace("{inside}", "8081").replace("{cdn}", "8082") for url in REDIRECTS}
    assert len(corpus) >= 200
    assert [url for url in corpus if file_key(url) is not None] == []
    key = file_key(OURS)
    assert key is not None
    assert (key.account, key.message, key.file) == (ACCOUNT, f"MM{'1' * 32}", f"ME{'2' * 32}")


def test_an_address_that_only_looks_like_ours_is_never_the_one_that_is_asked() -> None:
    spoiled = [
        OURS.replace("https", "http"),
        OURS.replace("api.twilio.com", "api.twilio.com.evil.example"),
        OURS.replace("api.twilio.com", "api.twilio.com@evil.example"),
        OURS.replace("api.twilio.com", "127.0.0.1"),
        OURS.replace("/Media/", "/../Media/"),
        OURS.replace("/Messages/", "/Messages%2f"),
        OURS.replace("ME", "ME/../../"),
        OURS.replace(ACCOUNT, "AC" + "9" * 32),
        OURS + "\n",
    ]
    channel = TwilioChannel(account_sid=ACCOUNT, auth_token="t", sender="whatsapp:+57300", status_callback_url="https://a/s")
    keys = [file_key(url) for url in spoiled]
    asked = {source.url for key in keys if key is not None and (source := channel.file_source(key)) is not None}
    assert asked <= {OURS}
    assert asked == {OURS}, "the ids are taken and the address is made anew"
