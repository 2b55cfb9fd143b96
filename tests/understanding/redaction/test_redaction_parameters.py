"""Webhook parameters that repeat a message are covered like the message."""

import json

from bot.understanding.redaction import redact_fields
from bot.understanding.redaction.parameters import is_plain_word
from bot.understanding.redaction.redact import find
from tests.understanding.test_redaction import SECRETS

_SID = "SM4111111111111111a1b2c3d4e5f60718"


def test_every_text_is_covered_and_technical_parameters_stay() -> None:
    values = {
        "MessageSid": [_SID],
        "From": ["whatsapp:+573104567890"],
        "To": ["whatsapp:+14155238886"],
        "WaId": ["573104567890"],
        "NumMedia": ["1"],
        "MediaUrl0": ["https://api.example.com/4111111111111111/clave=Perro_1"],
        "Body": ["mi clave es Perro_1"],
        "ButtonText": ["contraseña: Perro_1"],
        "ListTitle": ["pin 4821"],
        "ReferralBody": ["pague a la 4111111111111111"],
        "ProfileName": ["Ana Gómez"],
    }
    covered = redact_fields(values, SECRETS)
    for name in ("MessageSid", "From", "To", "WaId", "NumMedia", "MediaUrl0", "ProfileName"):
        assert covered[name] == values[name]
    assert covered["Body"] == ["mi clave es [oculto]"]
    assert covered["ButtonText"] == ["contraseña: [oculto]"]
    assert covered["ListTitle"] == ["pin [oculto]"]
    assert covered["ReferralBody"] == ["pague a la [oculto]"]


def test_json_is_covered_inside_and_stays_json() -> None:
    metadata = {"type": "whatsapp", "data": {"context": {"WaId": "573104567890", "texts": ["mi clave es Perro_1", 7, None]}}}
    covered = redact_fields({"ChannelMetadata": [json.dumps(metadata)]}, SECRETS)["ChannelMetadata"][0]
    assert json.loads(covered)["data"]["context"] == {"WaId": "573104567890", "texts": ["mi clave es [oculto]", 7, None]}


def test_secret_is_covered_where_it_is_repeated_without_its_context() -> None:
    values = {"ReferralHeadline": ["vi mandarina"], "Body": ["mandarina"], "ChannelMetadata": ['{"text": "mandarina"}']}
    covered = redact_fields(values, SECRETS, previous="mi clave es:")
    assert "mandarina" not in json.dumps(covered)
    assert redact_fields(values, SECRETS) == values


def test_previous_message_does_not_touch_what_the_customer_did_not_write() -> None:
    values = {"Body": ["mandarina"], "ProfileName": ["Camila"]}
    assert redact_fields(values, SECRETS, previous="mi clave es:") == {"Body": ["[oculto]"], "ProfileName": ["Camila"]}


def test_broken_or_absurdly_deep_json_is_a_text_like_any_other() -> None:
    covered = redact_fields({"FlowData": ['{"clave": "Perro_1"'], "InteractiveData": ["[" * 20_000 + " clave: Perro_1"]}, SECRETS)
    assert "Perro_1" not in json.dumps(covered)


def test_values_given_are_not_changed() -> None:
    values = {"Body": ["mi clave es Perro_1"], "From": ["x"]}
    covered = redact_fields(values, SECRETS)
    assert values == {"Body": ["mi clave es Perro_1"], "From": ["x"]}
    assert covered["From"] is not values["From"]


def test_a_word_of_plain_letters_alone_holds_no_secret_whatever_it_names() -> None:
    words = [word for word in SECRETS.roles if is_plain_word(word)]
    assert len(words) > 500
    for written in (
        str,
        str.upper,
        str.title,
        str.swapcase,
        lambda word: word.title() * 2,
        lambda word: word[:-1] + word[-1].upper(),
    ):
        assert not [word for word in words if find(written(word), SECRETS).spans]
    assert not any(map(is_plain_word, ("perro1", "mi clave", "niño", "")))
