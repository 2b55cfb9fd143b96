"""Finds the value that follows the name of a secret: "mi clave es …", "contraseña: …", "el código … 4821"."""

import re
from typing import Final

from bot.understanding.redaction.scene import Scene, is_user_name, password_at
from bot.understanding.redaction.shapes import Shape, is_adjective
from bot.understanding.redaction.spelled import spoken_run, spoken_run_before
from bot.understanding.redaction.value import Value
from bot.understanding.redaction.vocabulary import Role

#: how many words may stand between the name and the value
_REACH: Final = 16
_OF: Final = frozenset(("de", "del", "para", "pa", "en", "a", "al"))
_JOINS: Final = frozenset(("y", "o", "e", "u", "ni", "pero", "no", "que"))
_ARTICLES: Final = frozenset(
    ("el", "la", "los", "las", "un", "una", "lo", "que", "se", "me", "le", "les", "te", "nos", "su", "mi")
)
_PREPOSITIONS: Final = _OF | {"por", "con", "sin", "sobre"}
_INFINITIVES: Final = ("ar", "er", "ir")
_AFTER_VERB: Final = frozenset(("entre", "hacia", "de", "del", "al", "como"))
_TRAIL: Final = re.compile(r"\s*(?:[-–—]|\.{2,}|…)\s*")
_TITLES: Final = frozenset(("don", "dona", "senor", "senora", "doctor", "doctora", "profe"))
_DETERMINERS: Final = frozenset(("mi", "la", "el", "su", "tu", "un", "una", "nuestra", "mis", "las", "los", "mejor"))
_SO: Final = frozenset(("esa", "ese", "esta", "este", "eso", "asi"))
_IS: Final = frozenset(("es", "era", "son", "seria", "is"))
_AS: Final = frozenset(("de", "como", "a", "por", "en"))


def values_after(scene: Scene, i: int, *, awaited: bool = False, letters: bool = True) -> list[Value]:
    """The values of the secret named at word `i`; with `awaited`, of a secret named in the message before.

    `letters` False looks for spelled and odd-looking values only.
    """
    found: list[Value] = []
    # How the message leads to the next word: straight behind the name, by a colon, by "es", by a comma, or not at all.
    lead = "awaited" if awaited else "straight"
    asks = not awaited and _asks_for(scene, i)
    j = i + 1
    end = min(len(scene), i + 1 + _REACH)
    while j < end:
        if scene.roles[j] & (Role.PASSWORD | Role.CODE) and j > i + 1 and not awaited:
            break
        lead = _lead_at(scene, j, lead)
        if lead == "ended":
            break
        run = spoken_run(scene, j) if lead else None
        if run:
            return [*found, Value(j, run, "spelled")]
        last = _value_at(scene, j, lead, letters=letters and not (asks and lead == "straight"))
        if last is None:
            lead = _lead_past(scene, j, lead)
        else:
            found.append(Value(j, last, lead or "odd"))
            j = last
            lead = "alternative" if scene.word(j + 1) in {"o", "y", "u", "e"} and lead else ""
        j += 1
    return found


def _asks_for(scene: Scene, i: int) -> bool:
    """Is the password lost, wanted or one of many, so that the word behind its name is hardly the value?"""
    if scene.word(i).endswith("s") and scene.word(i) != "pass":
        return True
    for j in range(i - 1, max(-1, i - 6), -1):
        if scene.pauses(j + 1):
            return False
        if scene.has(j, Role.LOSS):
            return True
    return False


def _lead_at(scene: Scene, j: int, lead: str) -> str:
    """What the punctuation before word `j` makes of the lead."""
    if scene.points(j) or (lead == "straight" and _TRAIL.fullmatch(scene.gap(j))):
        return "pointed"
    if scene.breaks(j):
        return lead if lead in {"awaited", "pointed", "told"} and "\n" in scene.gap(j) else "ended"
    if "," in scene.gap(j) and lead != "alternative":
        return "apposed" if lead in {"straight", "told", "described", "apposed"} else lead if lead == "awaited" else ""
    return lead


def _value_at(scene: Scene, j: int, lead: str, *, letters: bool) -> int | None:
    """The last word of the value that begins at word `j`, or None."""
    is_odd = scene.is_odd(j) or (lead and scene.shapes[j] is Shape.REFERENCE)
    if is_odd and not is_user_name(scene, j):
        return j
    return _end_of_letters(scene, j, lead) if letters and lead else None


def _end_of_letters(scene: Scene, j: int, lead: str) -> int | None:
    """The last word of a value made of letters only, or None."""
    if lead in {"told", "pointed"} and scene.gap(j + 1) == "." and _is_capital(scene, j) and _is_capital(scene, j + 1):
        return j + 1
    if lead == "alternative" and _is_capital(scene, j):
        return j
    if not scene.is_unknown(j, strictly=lead != "straight"):
        return None
    if scene.is_quoted(j):
        return j
    return None if _is_about(scene, j, lead) else _end_of_unknown(scene, j, lead)


def _is_about(scene: Scene, j: int, lead: str) -> bool:
    """Does word `j` tell something about the password rather than being it?"""
    before = scene.word(j - 1)
    match lead:
        case "straight" if _is_object(scene, j) or _is_remark(scene, j):
            return True
        case "described" if before in _PREPOSITIONS:
            return True
        case "told" if before in {"de", "del", "para", "con"}:
            return True
        case "alternative":
            return False
        case _:
            believes = before == "que" and scene.word(j - 2) == "creo"
            return j > 0 and before in _ARTICLES and not believes and not scene.pauses(j)


def _is_remark(scene: Scene, j: int) -> bool:
    """Is word `j` an adjective or a verb about the password: "clave mensual", "la clave oscila entre"?"""
    is_past = scene.line.tokens[j].raw[-1:] in {"ó", "é", "á", "í"} and not scene.pauses(j + 1)
    has_user = any(scene.has(k, Role.USER) for k in range(max(0, j - 5), j))
    return is_past or scene.word(j + 1) in _AFTER_VERB or (is_adjective(scene.word(j), scene.secrets) and not has_user)


def _is_capital(scene: Scene, j: int) -> bool:
    raw = scene.line.tokens[j].raw if j < len(scene) else ""
    return raw[:1].isupper() and raw[1:].islower()


def _is_object(scene: Scene, j: int) -> bool:
    """Says word `j` whose or what for the password is: "de la tienda", "de doña Rosa"?"""
    k = j - 1
    while scene.word(k) in _ARTICLES or scene.word(k) in _TITLES:
        k -= 1
    return scene.word(k) in _OF and not scene.pauses(j)


def _end_of_unknown(scene: Scene, j: int, lead: str) -> int | None:
    last = j
    while last + 1 < len(scene) and last - j < 2 and not scene.pauses(last + 1) and scene.is_unknown(last + 1, strictly=True):
        last += 1
    ends = scene.pauses(last + 1) or scene.word(last + 1) in _JOINS
    is_numbered = last + 1 < len(scene) and scene.shapes[last + 1] is Shape.DIGITS and scene.pauses(last + 2)
    match lead:
        case "told" | "pointed" | "awaited" if is_numbered and last == j and not scene.pauses(j + 1):
            return j + 1
        case "pointed":
            is_errand = scene.word(j).endswith(_INFINITIVES) and not scene.pauses(j + 1)
            return None if is_errand else last
        case "told" | "described":
            return last if ends or last == j else None
        case "straight":
            return j if last == j else last if ends and last - j == 1 else None
        case "apposed":
            return j if scene.pauses(j + 1) or scene.word(j + 1) in {"y", "o"} else None
        case "awaited":
            return j if scene.pauses(j + 1) else None
        case _:
            return j if last == j else None


def _lead_past(scene: Scene, j: int, lead: str) -> str:
    """How the lead goes on behind word `j`, which is no value."""
    roles, word = scene.roles[j], scene.word(j)
    goes_on = False
    match lead:
        case _ if roles & Role.COPULA:
            lead, goes_on = "told", scene.word(j - 1) != "no" and not (word == "ser" and scene.word(j - 1) in _IS)
        case "straight":
            is_own = roles & (Role.POSSESSIVE | Role.CODE_QUALIFIER) or word in _OF
            is_thing = not scene.is_unknown(j) and not word.endswith(_INFINITIVES)
            goes_on = bool(is_own) or (_is_object(scene, j) and is_thing)
        case "told" if word.endswith(_INFINITIVES) and not scene.is_unknown(j):
            # "la clave es llegar puntual" is no password.
            goes_on = False
        case "told" if not roles & Role.FILLER or word == "que":
            lead, goes_on = "described", scene.word(j - 1) in _ARTICLES or not scene.is_unknown(j)
        case "pointed" | "awaited":
            goes_on = bool(roles & (Role.FILLER | Role.ANNOUNCE | Role.LETTER_JOINT)) and (
                word != "que" or scene.word(j - 1) == "creo"
            )
        case "told" | "described" | "alternative":
            goes_on = True
    return lead if goes_on else ""


def value_before(scene: Scene, i: int, *, letters: bool = True) -> list[Value]:
    """The value in "X es mi clave", "X, esa es la contraseña", "puse X de clave", "le puso X a la clave"."""
    j = i - 1
    while j >= 0 and scene.word(j) in _DETERMINERS:
        j -= 1
    if scene.word(j) in _IS and not scene.pauses(j + 1):
        j -= 1
        while scene.word(j) in _SO:
            j -= 1
        run = spoken_run_before(scene, j)
        if run is not None:
            return [Value(run, j, "spelled")]
    elif scene.word(j) == "como" or (scene.word(j) in _AS and any(scene.has(k, Role.USE) for k in range(max(0, j - 4), j))):
        j -= 1
    else:
        return []
    if j < 0 or scene.word(j - 1) in {"la", "el", "que", "se", "no"} or is_user_name(scene, j):
        return []
    is_value = scene.is_odd(j) or (letters and scene.is_unknown(j, strictly=True))
    return [Value(j, j, "before")] if is_value else []


def named_values(scene: Scene) -> list[Value]:
    """All values next to the names of passwords in the message."""
    found = []
    for i in range(len(scene)):
        if password_at(scene, i):
            found += values_after(scene, i)
            found += value_before(scene, i)
    return found
