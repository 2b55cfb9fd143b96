"""Small files of every type, made here: real images, and enough of the others to be told by their bytes."""

import io
import struct
import zipfile
import zlib

from PIL import Image


def image(form: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object) -> bytes:
    """A picture: a gradient, so that it looks like something."""
    made = Image.linear_gradient("L").resize(size).convert(mode)
    file = io.BytesIO()
    made.save(file, form, **options)
    return file.getvalue()


def office(part: str) -> bytes:
    """A newer Office file with one part."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("[Content_Types].xml", "_rels/.rels", part):
            archive.writestr(name, "<x/>" * 50)
    return file.getvalue()


def old_office(stream: str) -> bytes:
    """An older Office file: its head, and the name of a stream."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + stream.encode("utf-16-le") + b"\0" * 100


def huge_png(width: int, height: int) -> bytes:
    """A small file that unfolds into one-colour pixels, one bit each: written by hand, no library would hold it."""
    row = zlib.compressobj(9)
    line = b"\0" + b"\0" * (width // 8)
    packed = b"".join(row.compress(line * 1000) for _ in range(height // 1000)) + row.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    written = [struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
SCRIPT = b"<script>alert(document.domain)</script>"

#: Extension → a file of that type.
FILES = {
    "jpg": image("JPEG"),
    "png": image("PNG"),
    "webp": image("WEBP"),
    "ogg": b"OggS\0\x02" + b"\0" * 20 + b"OpusHead",
    "amr": b"#!AMR\n" + b"\0" * 20,
    "aac": b"\xff\xf1" + b"\0" * 20,
    "mp3": b"ID3\x03" + b"\0" * 20,
    "m4a": b"\0\0\0\x20ftypM4A \0\0\0\0",
    "mp4": b"\0\0\0\x20ftypisom\0\0\0\0",
    "3gp": b"\0\0\0\x20ftyp3gp5\0\0\0\0",
    "pdf": PDF,
    "doc": old_office("WordDocument"),
    "xls": old_office("Workbook"),
    "ppt": old_office("PowerPoint Document"),
    "docx": office("word/document.xml"),
    "xlsx": office("xl/workbook.xml"),
    "pptx": office("ppt/presentation.xml"),
    "vcf": b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\nEND:VCARD\r\n",
}

#: Files of no type that WhatsApp carries, whatever they are called.
NO_TYPE = {
    "nothing": b"",
    "one byte": b"\xff",
    "html": b"<!doctype html>" + SCRIPT,
    "html behind white space": b"\n \t<HTML>" + SCRIPT,
    "html behind a byte order mark": b"\xef\xbb\xbf<html>" + SCRIPT,
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "xhtml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</html>",
    "pdf behind html": b"<html>" + SCRIPT + b"</html>\n" + PDF,
    "pdf behind a line": b"\n" + PDF,
    "gif": b"GIF89a" + b"\0" * 20,
    "gif and javascript": b"GIF89a/*\0\0*/=alert(1)//",
    "bmp": b"BM" + b"\0" * 60,
    "tiff": b"II*\0" + b"\0" * 60,
    "heic": b"\0\0\0\x20ftypheic\0\0\0\0",
    "quicktime": b"\0\0\0\x20ftypqt  \0\0\0\0",
    "zip": b"PK\x03\x04" + b"\0" * 60,
    "program for windows": b"MZ\x90\0" + b"\0" * 60,
    "program for linux": b"\x7fELF" + b"\0" * 60,
    "shell script": b"#!/bin/sh\nid\n",
    "text": b"hola",
    "javascript": b"alert(1)",
    "RIFF that is no picture": b"RIFF\0\0\0\0WAVEfmt ",
    "old Office that is none": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "almost a PNG": b"\x89PNG\n\r\x1a\n",
}

#: Files that are two things at once → the type they are taken for.
POLYGLOTS = {
    "picture and html": (FILES["jpg"] + b"<html>" + SCRIPT, "jpg"),
    "html in a picture's comment": (image("JPEG", comment=b"<html>" + SCRIPT), "jpg"),
    "picture and zip": (FILES["png"] + office("a.txt"), "png"),
    "pdf and html": (PDF + b"<html>" + SCRIPT, "pdf"),
    "sound and html": (b"ID3<html>" + SCRIPT, "mp3"),
    "contact and html": (FILES["vcf"] + SCRIPT, "vcf"),
}
