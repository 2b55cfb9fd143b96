"""Values that stand apart from the name of the secret: by their look, by the verb before them, by how they arrived."""

from typing import Final

from bot.understanding.redaction.numbers import secret_numbers
from bot.understanding.redaction.scene import Scene, code_at, is_other_code, is_user_name, password_at
from bot.understanding.redaction.shapes import Shape
from bot.understanding.redaction.value import Value
from bot.understanding.redaction.values import value_before, values_after
from bot.understanding.redaction.vocabulary import Role

_PAIR_MARKS: Final = frozenset((":", ";", "/", "|", "-", "->", "→", "//", "="))
_OF: Final = frozenset(("de", "del", "empresa", "senor", "marca"))


def loose_values(scene: Scene, *, has_card: bool) -> list[Value]:
    """Every value found without looking at the words right behind the name of a password."""
    passwords = [i for i in range(len(scene)) if password_at(scene, i)]
    codes = [i for i in range(len(scene)) if code_at(scene, i)]
    spelled = [i for i in range(len(scene)) if scene.has(i, Role.CODE | Role.CODE_MAYBE) and not is_other_code(scene, i)]
    found = [value for i in spelled for value in values_after(scene, i, letters=False) if value.why == "spelled"]
    found += [value for i in spelled for value in value_before(scene, i, letters=False) if value.why == "spelled"]
    found += _odd_words(scene, is_named=bool(passwords), codes=codes)
    found += secret_numbers(scene, passwords, codes, has_card=has_card)
    return found + _labelled(scene) + _typed(scene) + _pairs(scene)


def _odd_words(scene: Scene, *, is_named: bool, codes: list[int]) -> list[Value]:
    """Words with digits, symbols or capitals inside, in a message that names a secret or tells of typing one."""
    found = []
    users = {_stem(scene.word(i)) for i in range(1, len(scene)) if scene.is_odd(i) and is_user_name(scene, i)}
    for i, shape in enumerate(scene.shapes):
        if shape < Shape.REFERENCE or is_user_name(scene, i) or _is_numbered(scene, i) or _stem(scene.word(i)) in users:
            continue
        if shape is Shape.REFERENCE:
            if _is_code_like(scene, i, codes):
                found.append(Value(i, i, "code"))
        elif scene.has(i - 1, Role.ID_BEFORE) and scene.gap(i).strip() in {"", "#", "."}:
            continue
        elif _is_password_like(scene, i, is_named=is_named, has_codes=bool(codes)):
            found.append(Value(i, i, "odd"))
    return found


def _is_code_like(scene: Scene, i: int, codes: list[int]) -> bool:
    """Is a word of capitals and digits a one-time code?"""
    is_behind_code = any(0 < i - k <= 8 for k in codes) and not scene.has(i - 1, Role.ID_BEFORE)
    return is_behind_code or _is_told_received(scene, i) or _is_sent(scene, i)


def _is_password_like(scene: Scene, i: int, *, is_named: bool, has_codes: bool) -> bool:
    """Is a word with an odd look a password?"""
    is_strong = scene.shapes[i] >= Shape.STRONG
    if is_named:
        return is_strong or scene.word(i - 1) not in _OF
    is_used = scene.topic & (Role.USE | Role.ACCESS | Role.LOGIN) and _is_wordlike(scene, i)
    return is_strong and bool(has_codes or is_used or _is_told_received(scene, i) or _is_done_with(scene, i))


def _stem(word: str) -> str:
    return word.rstrip("0123456789")


def _is_numbered(scene: Scene, i: int) -> bool:
    """A common word with a small number: caja2, siigo2, bodega10."""
    word = scene.word(i)
    stem = _stem(word)
    return 1 <= len(word) - len(stem) <= 2 and scene.secrets.roles.get(stem, 0) != 0 and not scene.points(i)


def _is_done_with(scene: Scene, i: int) -> bool:
    """Does something like a verb stand before the odd word, in a sentence: "le estampo Guayacan7 y se regresa"?"""
    is_plain = scene.shapes[i - 1] is Shape.WORD and not scene.pauses(i)
    return i > 0 and len(scene) > 3 and is_plain and not scene.has(i - 1, Role.NOT_BEFORE) and _is_wordlike(scene, i)


def _is_wordlike(scene: Scene, i: int) -> bool:
    """Not the name of a machine or of a company: DESKTOP-4FJ2K, "de Mundo3D"."""
    raw = scene.line.tokens[i].raw
    if scene.word(i).startswith(("err", "@", "#")):
        return False
    is_name = scene.word(i - 1) in _OF and scene.word(i - 2) != "eso" and not scene.points(i)
    return not is_name and (any(c.islower() for c in raw) or any(c in "!#$%&*+@" for c in raw))


def _is_told_received(scene: Scene, i: int) -> bool:
    """Is the word what the customer says to have received: "lo que me llegó es 8F2K9"?"""
    is_told = scene.points(i) or scene.has(i - 1, Role.COPULA)
    return is_told and bool(scene.topic & Role.RECEIVED) and not scene.topic & Role.ID_BEFORE


def _is_sent(scene: Scene, i: int) -> bool:
    """G-482913, as large services write their codes, in a notice."""
    word = scene.word(i)
    return word[1:2] == "-" and word[2:].isdigit() and len(word) >= 7 and bool(scene.topic & Role.DELIVERY)


def _labelled(scene: Scene) -> list[Value]:
    """Values behind labels: "llave=…", "api key: …", "Bearer …", "U: … C: …"."""
    found = []
    has_user = False
    for i in range(len(scene) - 1):
        leads = scene.points(i + 1)
        is_letter = scene.word(i) in {"c", "p", "k", "cl", "co"} and has_user
        has_user = has_user or (scene.has(i, Role.USER) and leads)
        is_label = ((scene.has(i, Role.LABEL) or is_letter) and leads) or scene.word(i) == "bearer"
        if is_label and (scene.shapes[i + 1] >= Shape.DIGITS or scene.is_unknown(i + 1)):
            found.append(Value(i + 1, i + 1, "labelled"))
    return found


def _typed(scene: Scene) -> list[Value]:
    """What was typed into the login screen: "vuelvo a meterle chigüiro y otra vez la pantalla de ingreso"."""
    found = []
    if scene.topic & (Role.ACCESS | Role.LOGIN):
        for i in range(1, len(scene)):
            uses = scene.has(i - 1, Role.USE) or (
                scene.has(i - 1, Role.USE_WITH) and any(scene.has(k, Role.USE) for k in (i - 2, i - 3))
            )
            if uses and scene.shapes[i] is Shape.MIXED:
                found.append(Value(i, i, "typed"))
    if scene.topic & Role.REFUSED and scene.topic & Role.TYPED:
        for i in range(1, len(scene)):
            stops = scene.pauses(i + 1) or scene.word(i + 1) in {"y", "pero", "e", "en"}
            is_value = scene.is_unknown(i, strictly=True) and not scene.word(i).endswith(("ar", "er", "ir"))
            if scene.has(i - 1, Role.TYPED) and stops and is_value and not scene.pauses(i):
                found.append(Value(i, i, "typed"))
    return found


def _pairs(scene: Scene) -> list[Value]:
    """The second of two behind a word for credentials: "credenciales … ana : secreto"."""
    found = []
    start = next((i for i in range(len(scene)) if scene.has(i, Role.LOGIN)), None)
    reach = 12
    if start is None:
        start = next((i for i in range(len(scene)) if scene.has(i, Role.USER) and scene.points(i + 1)), None)
        reach = 3
    if start is None:
        return []
    for i in range(start + 2, min(len(scene), start + reach)):
        is_first_odd = scene.shapes[i - 1] in {Shape.LINK, Shape.STRONG, Shape.REFERENCE} or scene.is_unknown(i - 1)
        is_value = scene.shapes[i] >= Shape.DIGITS or scene.is_unknown(i, strictly=True)
        if scene.gap(i).strip() in _PAIR_MARKS and is_first_odd and is_value:
            found.append(Value(i, i, "pair"))
    return found
