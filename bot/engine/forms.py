"""Forms, as authors write them: fields once, forms as lists of fields. Each form becomes ordinary nodes.

    fields:
      correo: {type: email, label: Correo, text: ¿Cuál es el correo registrado?}
    forms:
      acceso:
        category: Ingreso
        fields: [nombre, correo, detalle]
        opened: Listo, tu solicitud es la *{ticket}*.

gives `acceso` (the consent), `acceso.nombre`, `acceso.correo`, `acceso.detalle`, `acceso.sirvio` (asked when the detail
is a documented case, which is explained first), `acceso.resumen` and `acceso.radicado`.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.engine.nodes.base import Label, NodeName, Text
from bot.engine.sources import Place, Source

#: The name of a form or of a field: one part of a node's name.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

#: The parts of a form besides its questions.
PARTS = frozenset({"resumen", "radicado", "sirvio"})


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldDefinition(_Part):
    """One question that forms can ask."""

    type: Label  #: a name in `bot/understanding/fields`, or `attachments`
    label: Label
    text: Text
    text_without_phone: Text | None = None
    skip: Label | None = None  #: these five: only for attachments
    done: Label | None = None
    received: Text | None = None
    waiting: Text | None = None
    go_on: tuple[Label, ...] | None = None


class ConsentDefinition(_Part):
    """The authorisation every form begins with."""

    version: Label
    text: Text
    purposes: Annotated[tuple[Label, ...], Field(min_length=1)]
    accept: Label
    refuse: Label
    refused: NodeName


class SummaryDefinition(_Part):
    """How a draft is read back."""

    text: Text
    question: Text
    confirm: Label
    which: Text


class HelpedDefinition(_Part):
    """What is asked after a documented answer in the middle of a form."""

    text: Text
    if_yes: Label
    if_no: Label
    solved: NodeName


class FormDefinition(_Part):
    """A list of questions that ends in a ticket."""

    category: Label
    fields: Annotated[tuple[Label, ...], Field(min_length=1)]
    opened: Text


class Forms(_Part):
    """`flows/forms.yaml`."""

    consent: ConsentDefinition
    summary: SummaryDefinition
    helped: HelpedDefinition
    after: NodeName  #: where a conversation goes once a ticket is open
    fields: dict[Name, FieldDefinition]
    forms: dict[Name, FormDefinition]


def expand(forms: Forms, source: Source) -> Iterator[tuple[str, dict[str, Any], Place]]:
    """Every form as nodes: name, data as if the author had written the node out, and where it really was written."""
    for name, form in forms.forms.items():
        whole = Place(source, ("forms", name), f"forms.{name}")
        for node, (data, words) in _expand_form(name, form, forms, source).items():
            yield node, data, replace(whole, others=words, keys=words.keys)


_Made = tuple[dict[str, Any], Place]


def _expand_form(name: str, form: FormDefinition, forms: Forms, source: Source) -> dict[str, _Made]:
    asked = [field for field in dict.fromkeys(form.fields) if field in forms.fields]
    ways = [*(f"{name}.{field}" for field in asked), f"{name}.resumen"]
    consent = {"type": "consent", **forms.consent.model_dump(), "goto": ways[0]}
    summary = {"type": "summary", **forms.summary.model_dump(), "fields": ways[:-1], "goto": f"{name}.radicado"}
    nodes = {
        name: (consent, Place(source, ("consent",), "consent")),
        **{
            f"{name}.{field}": _question(name, field, forms.fields[field], goto, source)
            for field, goto in zip(asked, ways[1:], strict=True)
        },
        f"{name}.resumen": (summary, Place(source, ("summary",), "summary")),
    }
    detail = next((field for field in asked if forms.fields[field].type == "detail"), "detalle")  # `load` asks for one
    if detail in asked:
        nodes[f"{name}.{detail}"][0]["documented"] = f"{name}.sirvio"
        nodes[f"{name}.sirvio"] = _helped(forms.helped, ways[asked.index(detail) + 1], source)
    nodes[f"{name}.radicado"] = _ticket(name, form, detail, ways[:-1], forms.after, source)
    return nodes


def _question(form: str, name: str, field: FieldDefinition, goto: str, source: Source) -> _Made:
    place = Place(source, ("fields", name), f"fields.{name}")
    data = field.model_dump(exclude_none=True)
    kind = data.pop("type")
    common = {"field": name, "goto": goto, "summary": f"{form}.resumen", **data}
    if kind == "attachments":
        return {"type": "collect", **common}, place
    return {"type": "ask", "kind": kind, **common}, replace(place, keys={"kind": _part(place, "type")})


def _ticket(name: str, form: FormDefinition, detail: str, fields: list[str], after: str, source: Source) -> _Made:
    place = Place(source, ("forms", name), f"forms.{name}")
    data = {
        "type": "open_ticket",
        "category": form.category,
        "text": form.opened,
        "fields": fields,
        "detail": detail,
        "goto": after,
    }
    return data, replace(place, keys={"text": _part(place, "opened"), "goto": Place(source, ("after",), "after")})


def _helped(helped: HelpedDefinition, goto: str, source: Source) -> _Made:
    place = Place(source, ("helped",), "helped")
    data = {
        "type": "confirm",
        "text": helped.text,
        "if_yes": {"label": helped.if_yes, "goto": helped.solved},
        "if_no": {"label": helped.if_no, "goto": goto},
    }
    keys = {"if_yes.label": "if_yes", "if_yes.goto": "solved", "if_no.label": "if_no"}
    return data, replace(place, keys={key: _part(place, written) for key, written in keys.items()})


def _part(place: Place, key: str) -> Place:
    return replace(place, path=(*place.path, key))
