"""Pictures in files: what each of Pillow's modes means in numbers from 0 to 1."""

import struct
import warnings
import zlib
from collections.abc import Callable, Sequence
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
class Picture:
    """Pixels from 0 to 1, float32 (height, width) or (height, width, 3), and what a reader should know of them."""

    pixels: NDArray[np.float32]
    notices: tuple[str, ...] = ()


def read_picture(source: Source) -> Picture:
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


def _convert(picture: "Image", where: str) -> Picture:
    notices = [FIRST_FRAME] if getattr(picture, "is_animated", False) else []
    kind, transparent = picture.format, "transparency" in picture.info or picture.getbands()[-1] in {"A", "a"}
    optional("PIL.ImageOps", "data").exif_transpose(picture, in_place=True)
    if picture.mode in GREY | COLOURED:
        grey = picture.mode in GREY
        if transparent:
            picture, blended = _over_white(picture)
            notices += [OVER_WHITE] if blended else []
        return Picture(_pixels(picture.convert("L" if grey else "RGB"), 255), tuple(notices))
    deep = picture.mode.startswith("I;16") or (picture.mode == "I" and kind in SCALED_TO_16_BITS)
    if not deep or transparent:
        mode = f"{picture.mode}, transparent" if transparent else picture.mode
        raise InputError(f"{where} is of mode {mode}, whose range is not known: save it with 8 bits a channel")
    return Picture(_pixels(picture, 65535), tuple(notices))


def _over_white(picture: "Image") -> tuple["Image", bool]:
    """Return a picture laid over white, and whether that changed anything."""
    layer = picture.convert("RGBA")
    white = optional("PIL.Image", "data").new("RGBA", layer.size, "white")
    white.alpha_composite(layer)
    return white.convert("RGB"), layer.getchannel("A").getextrema() != (255, 255)


def _pixels(picture: "Image", most: int) -> NDArray[np.float32]:
    return np.asarray(picture, np.float32) / np.float32(most)


def read_pictures(
    parts: Sequence[Sequence[Source]], where: str, most: int
) -> tuple[list[NDArray[np.float32]], tuple[str, ...]]:
    """Return the pictures of each part, all of one size, and what a reader should know of them.

    Grey pictures become coloured ones if any picture of any part is.

    Parameters
    ----------
    parts : sequence of sequence of Source
        The pictures of the training and of the test records.
    where : str
        What they belong to, for messages.
    most : int
        Most numbers that all of them may come to.

    Returns
    -------
    list of float32 array, (pictures, height, width) or (pictures, height, width, 3)
    tuple of str

    Raises
    ------
    InputError
        If one of them cannot be read, they are of several sizes, or they come to too many numbers.
    """
    sources = [source for part in parts for source in part]
    pictures: list[Picture] = []
    for source in sources:
        picture = read_picture(source)
        _require_alike(pictures[0] if pictures else picture, picture, sources[0], source)
        if not pictures and (numbers := len(sources) * picture.pixels.size) > most:
            raise InputError(f"{where} comes to {numbers} numbers: keep to {most}, by fewer or smaller pictures")
        pictures.append(picture)
    coloured = {picture.pixels.ndim for picture in pictures}
    if coloured == {2, 3}:
        pictures = [Picture(_in_colour(each.pixels), each.notices) for each in pictures]
    told = {notice for picture in pictures for notice in picture.notices}
    told |= {"grey pictures among coloured ones become coloured"} if len(coloured) > 1 else set()
    arrays, start = [], 0
    for part in parts:
        arrays.append(np.stack([picture.pixels for picture in pictures[start : start + len(part)]]))
        start += len(part)
    return arrays, tuple(f"{where}: {notice}" for notice in sorted(told))


def _require_alike(first: Picture, other: Picture, first_source: Source, source: Source) -> None:
    sizes = [f"{width}x{height}" for height, width in (first.pixels.shape[:2], other.pixels.shape[:2])]
    if sizes[0] != sizes[1]:
        raise InputError(
            f"{first_source.where} has {sizes[0]} pixels and {source.where} {sizes[1]}: scale all to one size"
        )


def _in_colour(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=-1)
