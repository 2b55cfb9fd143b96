"""The types of file that WhatsApp carries, told by their first bytes. What matches none of them is of no type at all.

Sources: https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages for what may be sent and how large,
https://www.iana.org/assignments/media-types for the names, and each format's own specification for its bytes.
"""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024
#: No file of WhatsApp's is larger.
LARGEST = 16 * MEGABYTE


@dataclass(frozen=True)
class FileType:
    """A type of file. `largest_sent`: how many bytes of it WhatsApp takes from us; 0 if it takes none."""

    content_type: str
    extension: str
    largest_sent: int = 0
    is_image: bool = False


def _office(application: str, extension: str, largest_sent: int = 0) -> FileType:
    return FileType(f"application/vnd.{application}", extension, largest_sent)


_ALL = (
    FileType("image/jpeg", "jpg", 5 * MEGABYTE, is_image=True),
    FileType("image/png", "png", 5 * MEGABYTE, is_image=True),
    FileType("image/webp", "webp", is_image=True),  # stickers: customers send them, we do not
    FileType("audio/ogg", "ogg", LARGEST),
    FileType("audio/amr", "amr", LARGEST),
    FileType("audio/aac", "aac", LARGEST),
    FileType("audio/mpeg", "mp3", LARGEST),
    FileType("audio/mp4", "m4a", LARGEST),
    FileType("video/mp4", "mp4", LARGEST),
    FileType("video/3gpp", "3gp", LARGEST),
    FileType("application/pdf", "pdf", LARGEST),
    FileType("application/msword", "doc", LARGEST),
    _office("ms-excel", "xls"),
    _office("ms-powerpoint", "ppt"),
    _office("openxmlformats-officedocument.wordprocessingml.document", "docx", LARGEST),
    _office("openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", LARGEST),
    _office("openxmlformats-officedocument.presentationml.presentation", "pptx", LARGEST),
    FileType("text/vcard", "vcf", LARGEST),
)
#: Every type by its name.
TYPES = {kind.content_type: kind for kind in _ALL}
_BY_EXTENSION = {kind.extension: kind for kind in _ALL}

#: First bytes → extension. In the order in which they are tried.
_BEGINNINGS = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"OggS\x00", "ogg"),
    (b"#!AMR", "amr"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"\xff\xf3", "mp3"),
    (b"\xff\xf2", "mp3"),
    (b"\xff\xf1", "aac"),
    (b"\xff\xf9", "aac"),
    (b"%PDF-", "pdf"),
    (b"BEGIN:VCARD", "vcf"),
)
#: The brand of an ISO media file, by its beginning → extension. Others (HEIC, QuickTime) WhatsApp does not carry.
_BRANDS = {
    b"3g": "3gp",
    b"M4A": "m4a",
    b"M4V": "mp4",
    b"mp4": "mp4",
    b"iso": "mp4",
    b"avc1": "mp4",
    b"MSNV": "mp4",
    b"dash": "mp4",
}
#: What only one kind of Office file holds → extension. The newer kind is a ZIP whose index names its parts.
_PARTS = {b"word/document.xml": "docx", b"xl/workbook.xml": "xlsx", b"ppt/presentation.xml": "pptx"}
_STREAMS = {"WordDocument": "doc", "Workbook": "xls", "PowerPoint Document": "ppt"}
#: The index of a ZIP stands at its end; that of an Office file with a thousand parts is smaller than this.
_INDEX = 256 * 1024


def found_type(content: bytes) -> FileType | None:
    """The type that a file's own bytes show, whatever anybody says it is; None for every type that is not in `TYPES`."""
    extension = next((extension for beginning, extension in _BEGINNINGS if content.startswith(beginning)), "")
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        extension = "webp"
    elif content[4:8] == b"ftyp":
        extension = next((known for brand, known in _BRANDS.items() if content[8:12].startswith(brand)), "")
    elif content.startswith(b"PK\x03\x04"):
        index = content[-_INDEX:]
        extension = next((known for part, known in _PARTS.items() if part in index), "")
    elif content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        extension = next((known for stream, known in _STREAMS.items() if stream.encode("utf-16-le") in content), "")
    return _BY_EXTENSION.get(extension)
