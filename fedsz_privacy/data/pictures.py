"""Pictures in files: what each of Pillow's modes means in numbers from 0 to 1."""

import struct
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.optional import optional

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""Formats that are read; Pillow knows more, some of which start another program."""

GREY = frozenset({"1", "L", "LA", "La"})
"""Modes of one channel of at most 8 bits."""

COLOURED = frozenset({"P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV"})

SCALED_TO_16_BITS = frozenset({"PNG", "PPM"})
"""Formats of which Pillow's 32-bit integers hold numbers from 0 to 65535."""

DAMAGED = (
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What Pillow makes of a file that is no picture."""

OVER_WHITE = "transparent pictures lie on white"
FIRST_FRAME = "of pictures with several frames the first is read"


@dataclass(frozen=True)
class Source:
    """A picture that is not read yet.

    Parameters
    ----------
    where : str
        What it is called in messages.
    open : callable
        Opens its file.
    """

    where: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True)
class DecodedPicture:
    """Pixels from 0 to 1, float32 (height, width) or (height, width, 3), and what a reader should know of them."""

    pixels: NDArray[np.float32]
    notices: tuple[str, ...] = ()


def read_picture(source: Source) -> DecodedPicture:
    """Return a picture as numbers from 0 to 1, whatever its mode.

    Bits become 0 and 1, 8 bits are divided by 255, 16 bits by 65535; palettes, CMYK and the like become RGB. Whatever
    is transparent is laid over white. Of several frames the first is read, turned as its EXIF data says.

    Raises
    ------
    InputError
        If it is no whole picture of the `FORMATS`, has more pixels than Pillow trusts, or is of a mode whose range is
        not known.
    """
    image = optional("PIL.Image", "data")
    try:
        with source.open() as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", image.DecompressionBombWarning)
            return _convert(image.open(file, formats=FORMATS), source.where)
    except InputError:
        raise
    except (image.DecompressionBombError, image.DecompressionBombWarning) as error:
        raise InputError(f"{source.where} has too many pixels ({one_line(error)}): scale it down") from error
    except image.UnidentifiedImageError as error:
        raise InputError(f"{source.where} is no picture in any of {', '.join(FORMATS)}: save it as PNG") from error
    except DAMAGED as error:
        raise InputError(f"{source.where} is no whole picture ({one_line(error)}): save it again") from error


def _convert(picture: "Image", where: str) -> DecodedPicture:
    notices = [FIRST_FRAME] if getattr(picture, "is_animated", False) else []
    kind, transparent = picture.format, "transparency" in picture.info or picture.getbands()[-1] in {"A", "a"}
    optional("PIL.ImageOps", "data").exif_transpose(picture, in_place=True)
    if picture.mode in GREY | COLOURED:
        grey = picture.mode in GREY
        if transparent:
            picture, blended = _over_white(picture)
            notices += [OVER_WHITE] if blended else []
        return DecodedPicture(_pixels(picture.convert("L" if grey else "RGB"), 255), tuple(notices))
    deep = picture.mode.startswith("I;16") or (picture.mode == "I" and kind in SCALED_TO_16_BITS)
    if not deep or transparent:
        mode = f"{picture.mode}, transparent" if transparent else picture.mode
        raise InputError(f"{where} is of mode {mode}, whose range is not known: save it with 8 bits a channel")
    return DecodedPicture(_pixels(picture, 65535), tuple(notices))


def _over_white(picture: "Image") -> tuple["Image", bool]:
    """Return a picture laid over white, and whether that changed anything."""
    layer = picture.convert("RGBA")
    white = optional("PIL.Image", "data").new("RGBA", layer.size, "white")
    white.alpha_composite(layer)
    return white.convert("RGB"), layer.getchannel("A").getextrema() != (255, 255)


def _pixels(picture: "Image", most: int) -> NDArray[np.float32]:
    return np.asarray(picture, np.float32) / np.float32(most)
