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

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.engine.nodes.base import Label, NodeName, Text
from bot.engine.sources import Path

#: The name of a form or of a field: one part of a node's name.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldDefinition(_Part):
    """One question that forms can ask."""

    type: Label  #: a name in `bot/understanding/fields`, or `attachments`
    label: Label
    text: Text
    text_without_phone: Text | None = None
    skip: Label | None = None  #: these four: only for attachments
    done: Label | None = None
    received: Text | None = None
    waiting: Text | None = None


class ConsentDefinition(_Part):
    """The authorisation every form begins with."""

    version: Label
    text: Text
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


@dataclass(frozen=True)
class Made:
    """A node that a form was made into, and where its author wrote it in `flows/forms.yaml`."""

    data: dict[str, Any]
    path: Path
    keys: Mapping[str, Path] = dataclass_field(default_factory=dict)  #: a node's key → where it was written, if not under `path`

    @property
    def shown(self) -> str:
        """What the author knows it by: `fields.correo`, `forms.acceso`, `consent`…"""
        return ".".join(str(part) for part in self.path)


def expand(forms: Forms) -> dict[str, Made]:
    """Every form as nodes by name, as if the author had written each of them out."""
    nodes: dict[str, Made] = {}
    for name, form in forms.forms.items():
        nodes |= _expand_form(name, form, forms)
    return nodes


def _expand_form(name: str, form: FormDefinition, forms: Forms) -> dict[str, Made]:
    asked = [field for field in dict.fromkeys(form.fields) if field in forms.fields]
    ways = [*(f"{name}.{field}" for field in asked), f"{name}.resumen"]
    detail = next((field for field in asked if forms.fields[field].type == "detail"), "")
    nodes = {
        name: Made({"type": "consent", **forms.consent.model_dump(), "goto": ways[0]}, ("consent",)),
        **{
            f"{name}.{field}": _question(name, field, forms.fields[field], goto)
            for field, goto in zip(asked, ways[1:], strict=True)
        },
        f"{name}.resumen": Made(
            {"type": "summary", **forms.summary.model_dump(), "fields": ways[:-1], "goto": f"{name}.radicado"}, ("summary",)
        ),
        f"{name}.radicado": _ticket(name, form, detail, ways[:-1], forms.after),
    }
    if detail:
        after_detail = ways[asked.index(detail) + 1]
        nodes[f"{name}.{detail}"].data["documented"] = f"{name}.sirvio"
        nodes[f"{name}.sirvio"] = _helped(forms.helped, after_detail)
    return nodes


def _question(form: str, name: str, field: FieldDefinition, goto: str) -> Made:
    data = field.model_dump(exclude_none=True)
    kind = data.pop("type")
    common = {"field": name, "goto": goto, "summary": f"{form}.resumen", **data}
    path = ("fields", name)
    if kind == "attachments":
        return Made({"type": "collect", **common}, path)
    return Made({"type": "ask", "kind": kind, **common}, path, {"kind": (*path, "type")})


def _ticket(name: str, form: FormDefinition, detail: str, fields: list[str], after: str) -> Made:
    path = ("forms", name)
    return Made(
        {
            "type": "open_ticket",
            "category": form.category,
            "text": form.opened,
            "fields": fields,
            "detail": detail,
            "goto": after,
        },
        path,
        {"text": (*path, "opened"), "detail": (*path, "fields"), "goto": ("after",)},
    )


def _helped(helped: HelpedDefinition, goto: str) -> Made:
    path = ("helped",)
    return Made(
        {
            "type": "confirm",
            "text": helped.text,
            "if_yes": {"label": helped.if_yes, "goto": helped.solved},
            "if_no": {"label": helped.if_no, "goto": goto},
        },
        path,
        {"if_yes.label": (*path, "if_yes"), "if_yes.goto": (*path, "solved"), "if_no.label": (*path, "if_no")},
    )
