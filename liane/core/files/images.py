"""Images are decoded and drawn again: what is stored holds pixels only.

No EXIF (place, device, date), no comment, no colour profile, no second picture, nothing appended.
The picture is turned upright first, since the turn is in the EXIF.
"""

import threading
import warnings
from io import BytesIO

import pillow_heif
from PIL import Image, ImageFile, ImageOps

from liane.core.errors import Refused
from liane.core.files.kinds import HEIC, JPEG, PNG, Kind

LARGEST_PIXELS = 50_000_000
"""A 48-megapixel telephone photo passes; a decompression bomb does not."""
LONGEST_SIDE = 4096
"""Pixels. Larger pictures are reduced: a wound or a prescription stays readable."""
THUMBNAIL_SIDE = 320
QUALITY = 88
_FORMATS = {JPEG.name: ("JPEG", "MPO"), PNG.name: ("PNG",), HEIC.name: ("HEIF",)}
_at_work = threading.BoundedSemaphore(2)

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def redraw(content: bytes, kind: Kind) -> tuple[bytes, bytes]:
    """``content`` drawn again as ``kind.stored_type``, and its thumbnail (JPEG).

    Raises `Refused` when the picture cannot be decoded whole, or is beyond measure.
    """
    with _at_work:
        # WeasyPrint, once imported, lets Pillow pass over what is cut short or swollen.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        image = _decoded(content, kind)
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        plain = _plain(upright, keep_alpha=kind is PNG)
        small = _plain(upright, keep_alpha=False)
        small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        return _written(plain, "PNG" if kind is PNG else "JPEG"), _written(small, "JPEG")


def _decoded(content: bytes, kind: Kind) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(content), formats=_FORMATS[kind.name])
        width, height = image.size
        if width * height > LARGEST_PIXELS:
            raise _too_large(width, height)
        if kind is JPEG:
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        image.load()
    except Image.DecompressionBombError:
        raise _too_large() from None
    except Refused:
        raise
    except Exception:  # any decoder error: the picture is not one we can vouch for
        raise Refused(
            "Cette image est abîmée ou incomplète : reprenez la photo, ou envoyez-la de nouveau "
            "depuis l’appareil d’origine.",
            field="file",
            code="file-image",
        ) from None
    return image


def _too_large(width: int = 0, height: int = 0) -> Refused:
    size = f" ({width} × {height} points)" if width else ""
    return Refused(
        f"Cette image est trop grande{size} : réduisez-la, ou prenez la photo "
        "avec une définition plus basse.",
        field="file",
        code="file-image-size",
    )


def _plain(image: Image.Image, *, keep_alpha: bool) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        image = image.point(lambda level: level / 256).convert("L")
    transparent = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    if keep_alpha and transparent:
        return _bare(image.convert("RGBA"))
    if transparent:
        layer = image.convert("RGBA")
        paper = Image.new("RGB", layer.size, "white")
        paper.paste(layer, mask=layer.getchannel("A"))
        return paper
    return _bare(image if image.mode in {"L", "RGB"} else image.convert("RGB"))


def _bare(image: Image.Image) -> Image.Image:
    bare = image.copy()
    bare.info = {}
    return bare


def _written(image: Image.Image, format_: str) -> bytes:
    out = BytesIO()
    if format_ == "JPEG":
        image.save(out, "JPEG", quality=QUALITY, exif=b"", icc_profile=None)
    else:
        image.save(out, "PNG", icc_profile=None)
    return out.getvalue()
