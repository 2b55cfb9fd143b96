"""Files that a simulated customer has at hand: a picture of a failed login, and a voice note of silence."""

from pathlib import Path

from bot.channels.fake_twilio import File
from bot.web.simulator.phones import NamedFile

#: By kind: file name and content type.
SAMPLES = {"image": ("pantalla.jpg", "image/jpeg"), "audio": ("nota-de-voz.ogg", "audio/ogg")}


def sample(kind: str) -> NamedFile:
    """The built-in file of a kind. Raises KeyError for a kind that has none."""
    name, content_type = SAMPLES[kind]
    return NamedFile(name, File(content_type, (Path(__file__).parent / name).read_bytes()))
