"""A ticket to begin with. Its customer writes by the addresses behind the simulator's page, in a tenth of the page's time."""

import json
import re
import time
from typing import Any

import httpx

from tests.demo.process import Demo

#: What María Rodríguez writes, and what an answer to it says.
SAID = (
    ("hola", "Soporte de mi producto"),
    ("1", "Siigo Facturación"),
    ("3", "No puedo ingresar"),
    ("1", "¿Autorizas"),
    ("Acepto", "nombre completo"),
    ("María Rodríguez Prieto", "NIT"),
    ("900123456-8", "correo"),
    ("maria@ejemplo.com", "teléfono"),
    ("este", "compra"),
    ("ayer", "detalle"),
    ("La pantalla queda en blanco y el computador muestra el código E-4512.", "pantallazo"),
    ("listo", "¿Está todo bien|Revisa tus datos"),
    ("sí", r"SF-\d{6}"),
)
_PATIENCE = 20.0


def opened_ticket(running: Demo) -> str:
    """Open one as María Rodríguez, by the documented path; its number."""
    answer = ""
    with httpx.Client(base_url=f"{running.address}/simulador", trust_env=False) as client:
        for text, expecting in SAID:
            maria = _maria(client)
            order = {"address": maria["address"], "kind": "text", "text": text}
            client.post("/messages", json=order).raise_for_status()
            answer = _answer(client, len(maria["messages"]), expecting)
    return answer


def _answer(client: httpx.Client, before: int, expecting: str) -> str:
    """What an answer holds of what is expected; the answers stand behind as many messages."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        for message in _maria(client)["messages"][before:]:
            if not message["mine"] and (found := re.search(expecting, message["text"], re.IGNORECASE)):
                return found[0]
        time.sleep(0.02)
    raise TimeoutError(expecting)


def _maria(client: httpx.Client) -> Any:
    """Her phone, as the stream of states begins with it."""
    with client.stream("GET", "/events") as states:
        data = next(line.removeprefix("data:") for line in states.iter_lines() if line.startswith("data:"))
    return next(phone for phone in json.loads(data)["phones"] if phone["profile_name"] == "María Rodríguez")
