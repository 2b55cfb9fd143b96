"""Texts that plainly hold no secret, told without the rules: nearly everything that customers write and all of their names.

Short words and at most one number, none of them of those that any rule begins at. Whatever is not plain goes through the rules;
that both ways agree is tested with every text there is and with made-up ones.
"""

import re
from typing import Final

from bot.understanding.redaction.scene import misspelled
from bot.understanding.redaction.tokens import fold
from bot.understanding.redaction.vocabulary import Role, Secrets

_LONGEST: Final = 400
_PLAIN: Final = re.compile(r"[A-Za-zÁÉÍÓÚÜÑáéíóúüñ0-9 \n.,;:!?¿¡-]*")
_MARKS: Final = ".,;:!?¿¡"
#: shorter than any card's; an id's check digit may stand behind a hyphen
_NUMBER: Final = re.compile(r"[0-9]{1,10}(?:-[0-9])?|[0-9]{11,12}")
#: where the rules for letters begin: the names of secrets
_BEGINS: Final = Role.PASSWORD | Role.CODE | Role.CODE_MAYBE
#: where those begin that look for a value behind a colon or a dash
_BEGINS_POINTED: Final = _BEGINS | Role.LOGIN | Role.USER | Role.LABEL
_POINTS: Final = re.compile("[:;-]")
#: where those for numbers begin as well
_NUMBERS: Final = Role.CARD | Role.CARD_CODE | Role.RECEIVED | Role.PHONE | Role.TYPED | Role.USE | Role.ACCESS | Role.REFUSED
_BEGINS_NUMBER: Final = _BEGINS_POINTED | _NUMBERS
#: these two the rules know by themselves
_NAMES: Final = frozenset(("contra", "bearer"))


def is_calm(text: str, secrets: Secrets) -> bool:
    """True only for a text that holds no secret and announces none, if none was announced before it."""
    if len(text) > _LONGEST or not _PLAIN.fullmatch(text):
        return False
    roles, topic, numbers = secrets.roles, 0, 0
    for chunk in text.split():
        core = chunk.strip(_MARKS)
        if core.isalpha():
            # A capital inside a word is a way to write passwords.
            if not (core.islower() or core[1:].islower() or core.isupper()):
                return False
            word = fold(core)
            topic |= roles.get(word, 0) or misspelled(word)
            if word in _NAMES:
                return False
        elif core:
            numbers += 1
            if numbers > 1 or not _NUMBER.fullmatch(core):
                return False
            topic |= roles.get(core, 0)
    if topic & Role.REFUSED and topic & Role.TYPED:  # what was typed into a login that refused it
        return False
    begins = _BEGINS_NUMBER if numbers else _BEGINS_POINTED if _POINTS.search(text) else _BEGINS
    return not topic & begins
