"""Make previews of one image: content in by stdin, two WebP images out by stdout, each behind its length (4 bytes).

This is a program, run by `preview` in a process of its own with little memory and little time: whatever a hostile image does
to the decoder stays in here. It imports nothing of the product. Only pixels are carried over: no EXIF (with its place and
time), no comment, no profile, and nothing that stands behind the image.
"""

import io
import resource
import struct
import sys
from contextlib import suppress

from PIL import Image, ImageOps

#: A photo of the largest phones, and not much more: as pixels it takes about 150 MB.
MOST_PIXELS = 50_000_000
#: Longest sides in pixels: of the view and of the thumbnail.
SIDES = (1600, 360)
_MEMORY = 1024 * 1024 * 1024
_SECONDS = 15


def main() -> None:
    """Read, make anew, write. Any failure ends the process with an exit code."""
    with suppress(ValueError):  # macOS knows no such limit; that of the pixels holds there too
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    content = sys.stdin.buffer.read()
    view = _pixels(content, SIDES[0])
    thumb = view.copy()
    thumb.thumbnail((SIDES[1], SIDES[1]))
    for made in (view, thumb):
        file = io.BytesIO()
        made.save(file, "WEBP", quality=80)
        sys.stdout.buffer.write(struct.pack(">I", file.tell()) + file.getvalue())


def _pixels(content: bytes, side: int) -> Image.Image:
    """The picture, turned as its camera was held, at most `side` wide and high, and nothing else that came with it."""
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
        if image.width * image.height > MOST_PIXELS:  # told by the head, before a pixel is decoded
            raise SystemExit("too many pixels")
        image.draft("RGB", (side, side))  # a JPEG is decoded at a fraction of its size
        image.thumbnail((side, side))
        turned = ImageOps.exif_transpose(image)
        clean = Image.new("RGBA" if turned.has_transparency_data else "RGB", turned.size)
        clean.paste(turned.convert(clean.mode))
    return clean


if __name__ == "__main__":
    main()
