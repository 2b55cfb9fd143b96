"""The words of flows/vocabulary/secrets.yaml, checked and turned into one table of roles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.understanding.redaction.tokens import fold


class Role:
    """What a word does in a sentence about secrets; a word may have several: plain bits, because flag enums are slow."""

    PASSWORD: Final = 1 << 0
    CODE: Final = 1 << 1
    CODE_MAYBE: Final = 1 << 2
    CODE_QUALIFIER: Final = 1 << 3
    CODE_OTHER: Final = 1 << 4
    LOGIN: Final = 1 << 5
    USER: Final = 1 << 6
    CARD: Final = 1 << 7
    COPULA: Final = 1 << 8
    FILLER: Final = 1 << 9
    POSSESSIVE: Final = 1 << 10
    USE: Final = 1 << 11
    USE_WITH: Final = 1 << 12
    ACCESS: Final = 1 << 13
    LOSS: Final = 1 << 14
    ANNOUNCE: Final = 1 << 15
    DELIVERY: Final = 1 << 16
    ID_BEFORE: Final = 1 << 17
    PHONE: Final = 1 << 18
    CARD_CODE: Final = 1 << 19
    LABEL: Final = 1 << 20
    RECEIVED: Final = 1 << 21
    TYPED: Final = 1 << 22
    REFUSED: Final = 1 << 23
    UNIT: Final = 1 << 24
    NUMBER_WORD: Final = 1 << 25
    LETTER_WORD: Final = 1 << 26
    LETTER_JOINT: Final = 1 << 27
    CLAVE_HEAD: Final = 1 << 28
    CLAVE_OTHER: Final = 1 << 29
    PUBLIC_WORD: Final = 1 << 30
    PRODUCT: Final = 1 << 31
    KNOWN: Final = 1 << 32
    NEGATION: Final = 1 << 33
    NOT_BEFORE: Final = 1 << 34
    ASKED: Final = 1 << 35


def _split(value: object) -> object:
    return value.split() if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]


class _SecretsFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    mask: str = Field(min_length=1)
    password: Words
    code: Words
    code_maybe: Words
    code_qualifiers: Words
    code_others: Words
    login_words: Words
    user: Words
    card: Words
    copula: Words
    filler: Words
    possessive: Words
    use: Words
    use_with: Words
    access: Words
    loss: Words
    negations: Words
    asked: Words
    announce: Words
    delivery: Words
    id_before: Words
    phones: Words
    card_codes: Words
    labels: Words
    received: Words
    typed: Words
    refused: Words
    units: Words
    number_words: Words
    letter_words: Words
    letter_joints: Words
    clave_heads: Words
    clave_others: Words
    public_values: Words
    public_words: Words
    products: Words
    unit_endings: Words
    file_endings: Words
    domain_endings: Words
    known_endings: Words
    adjective_endings: Words
    no_adjectives: Words
    known_small_words: Words
    not_before_values: Words
    known_verbs: Words
    known_adjectives: Words
    known_things: Words
    spoken_parameters: Words
    technical_parameters: Words
    technical_starts: Words
    technical_endings: Words


_ROLES: Final = {
    "password": Role.PASSWORD,
    "code": Role.CODE,
    "code_maybe": Role.CODE_MAYBE,
    "code_qualifiers": Role.CODE_QUALIFIER,
    "code_others": Role.CODE_OTHER,
    "login_words": Role.LOGIN,
    "user": Role.USER,
    "card": Role.CARD,
    "copula": Role.COPULA,
    "filler": Role.FILLER,
    "possessive": Role.POSSESSIVE,
    "use": Role.USE,
    "use_with": Role.USE_WITH,
    "access": Role.ACCESS,
    "loss": Role.LOSS,
    "negations": Role.NEGATION,
    "asked": Role.ASKED,
    "announce": Role.ANNOUNCE,
    "delivery": Role.DELIVERY,
    "id_before": Role.ID_BEFORE,
    "phones": Role.PHONE,
    "card_codes": Role.CARD_CODE,
    "labels": Role.LABEL,
    "received": Role.RECEIVED,
    "typed": Role.TYPED,
    "refused": Role.REFUSED,
    "units": Role.UNIT,
    "number_words": Role.NUMBER_WORD,
    "letter_words": Role.LETTER_WORD,
    "letter_joints": Role.LETTER_JOINT,
    "clave_heads": Role.CLAVE_HEAD,
    "clave_others": Role.CLAVE_OTHER,
    "public_words": Role.PUBLIC_WORD,
    "products": Role.PRODUCT,
    "known_small_words": Role.KNOWN,
    "not_before_values": Role.NOT_BEFORE,
    "known_verbs": Role.KNOWN,
    "known_adjectives": Role.KNOWN,
    "known_things": Role.KNOWN,
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """The compiled vocabulary. Make it once at start with `compile_secrets`."""

    #: what stands in the place of a secret
    mask: str
    #: folded word → its roles, as bits of `Role`
    roles: Mapping[str, int]
    public_values: frozenset[str]
    unit_endings: frozenset[str]
    file_endings: frozenset[str]
    domain_endings: frozenset[str]
    known_endings: tuple[str, ...]
    adjective_endings: tuple[str, ...]
    no_adjectives: frozenset[str]
    #: webhook parameters that hold the customer's message, to which the previous message matters
    spoken_parameters: frozenset[str]
    technical_parameters: frozenset[str]
    technical_starts: tuple[str, ...]
    technical_endings: tuple[str, ...]


def compile_secrets(data: Mapping[str, object]) -> Secrets:
    """Check the plain data of secrets.yaml and build the table.

    Raises pydantic.ValidationError when a key is missing, unknown or of the wrong type.
    """
    file = _SecretsFile.model_validate(dict(data))
    roles: dict[str, int] = {}
    for name, role in _ROLES.items():
        for spelled in getattr(file, name):
            word = fold(spelled)
            roles[word] = roles.get(word, 0) | role
    return Secrets(
        mask=file.mask,
        roles=roles,
        public_values=frozenset(file.public_values),
        unit_endings=frozenset(file.unit_endings),
        file_endings=frozenset(file.file_endings),
        domain_endings=frozenset(file.domain_endings),
        known_endings=file.known_endings,
        adjective_endings=file.adjective_endings,
        no_adjectives=frozenset(file.no_adjectives),
        spoken_parameters=frozenset(file.spoken_parameters),
        technical_parameters=frozenset(file.technical_parameters),
        technical_starts=file.technical_starts,
        technical_endings=file.technical_endings,
    )
