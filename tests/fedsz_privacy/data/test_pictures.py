import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fedsz_privacy import InputError
from fedsz_privacy.data.pictures import FIRST_FRAME, OVER_WHITE, Source, read_picture

Image = pytest.importorskip("PIL.Image")

BITS = np.arange(48).reshape(6, 8) % 5 % 2 == 0
BYTES = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
COLOURS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


def saved(image, kind="PNG", **options):
    held = io.BytesIO()
    image.save(held, kind, **options)
    return held.getvalue()


def source(content, where="here"):
    return Source(where, lambda: io.BytesIO(content))


def read(content):
    return read_picture(source(content))


def with_alpha(image, alpha):
    changed = image.copy()
    changed.putalpha(Image.fromarray(alpha))
    return changed


def paletted():
    """Return colours as a palette of their own, one entry for each pixel."""
    image = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8), "L").convert("P")
    image.putpalette(COLOURS.tobytes())
    return image


GREY, COLOURED = Image.fromarray(BYTES), Image.fromarray(COLOURS)
OPAQUE = np.full((6, 8), 255, np.uint8)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(saved(Image.fromarray(BITS)), BITS, id="1 bit"),
        pytest.param(saved(Image.fromarray(BITS), "GIF"), BITS, id="1-bit GIF"),
        pytest.param(saved(Image.fromarray(BITS), "TIFF", compression="group4"), BITS, id="fax"),
        pytest.param(saved(Image.fromarray(BITS), "BMP"), BITS, id="1-bit BMP"),
        pytest.param(saved(GREY), BYTES / 255, id="8 bits"),
        pytest.param(saved(Image.fromarray(BYTES.astype(np.uint16) * 257)), BYTES / 255, id="16 bits"),
        pytest.param(saved(Image.fromarray(BYTES.astype(np.uint16) * 257), "TIFF"), BYTES / 255, id="16-bit TIFF"),
        pytest.param(saved(Image.fromarray(BYTES.astype(np.uint16) * 257), "PPM"), BYTES / 255, id="16-bit PGM"),
        pytest.param(saved(COLOURED), COLOURS / 255, id="colour"),
        pytest.param(saved(paletted()), COLOURS / 255, id="palette"),
        pytest.param(saved(paletted(), "GIF"), COLOURS / 255, id="GIF"),
        pytest.param(saved(COLOURED.convert("CMYK"), "TIFF"), COLOURS / 255, id="CMYK"),
        pytest.param(saved(COLOURED, "WEBP", lossless=True), COLOURS / 255, id="WEBP"),
        pytest.param(saved(with_alpha(GREY, OPAQUE)), BYTES / 255, id="grey and opaque"),
        pytest.param(saved(with_alpha(COLOURED, OPAQUE)), COLOURS / 255, id="opaque"),
        pytest.param(
            saved(COLOURED, transparency=(1, 2, 3)), COLOURS / 255, id="a transparent colour that is not there"
        ),
    ],
)
def test_a_picture_of_any_mode_is_the_same_numbers_from_0_to_1(content, expected):
    picture = read(content)
    assert picture.pixels.dtype == np.float32
    assert picture.pixels == pytest.approx(expected.astype(float), abs=1e-6)
    assert picture.notices == ()


@settings(max_examples=50, derandomize=True, deadline=None)
@given(arrays(np.uint16, st.tuples(st.integers(1, 5), st.integers(1, 5))))
def test_every_number_of_16_bits_is_told_from_every_other(numbers):
    assert np.array_equal(read(saved(Image.fromarray(numbers))).pixels, numbers.astype(np.float32) / np.float32(65535))


@settings(max_examples=50, derandomize=True, deadline=None)
@given(arrays(np.uint8, (3, 4)), arrays(np.uint8, (3, 4)))
def test_what_is_transparent_lies_on_white(shades, alpha):
    """As if a viewer showed it on a white page: shade x alpha + 1 - alpha, to a level of 8 bits."""
    picture = read(saved(with_alpha(Image.fromarray(shades), alpha)))
    opacity = alpha / 255
    assert picture.pixels == pytest.approx(shades / 255 * opacity + 1 - opacity, abs=1.01 / 255)
    assert picture.notices == (() if (alpha == 255).all() else (OVER_WHITE,))


def test_ink_on_nothing_is_seen():
    """The colour under it is black everywhere, so without its alpha it would be a black picture."""
    ink = with_alpha(Image.fromarray(np.zeros((6, 8), np.uint8)), BITS.astype(np.uint8) * 255)
    for content in (saved(ink), saved(ink.convert("RGBA")), saved(ink.convert("RGBA"), "WEBP", lossless=True)):
        pixels = read(content).pixels
        assert np.array_equal(pixels if pixels.ndim == 2 else pixels[..., 1], 1 - BITS)


def test_a_transparent_entry_of_a_palette_is_white():
    pixels = read(saved(paletted(), transparency=7)).pixels
    expected = (COLOURS / 255).reshape(48, 3)
    expected[7] = 1
    assert pixels.reshape(48, 3) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP"])
def test_of_several_frames_the_first_is_read_and_that_is_said(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    frames = [Image.fromarray(np.full((6, 8), shade, np.uint8)).convert("RGB") for shade in (0, 255)]
    picture = read(saved(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert (picture.pixels == 0).all()
    assert picture.notices == (FIRST_FRAME,)


def test_a_photograph_is_turned_as_its_camera_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees, clockwise
    assert np.array_equal(read(saved(COLOURED, exif=exif)).pixels, np.rot90(read(saved(COLOURED)).pixels, -1))


def png(width, height):
    """Return a PNG file that claims to be of a size and holds nearly nothing."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(99))),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held)) for kind, held in chunks
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "here is no picture in any of BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP: save it as PNG"),
        (b"no picture", "here is no picture in any of"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n", "here is no picture in any of"),
        (saved(COLOURED)[:-40], r"here is no whole picture \(.*\): save it again"),
        (saved(COLOURED, "JPEG")[:-40], r"here is no whole picture \(image file is truncated .*\): save it again"),
        (png(0, 8), "here is no picture in any of"),
        (png(10**4, 10**4), r"here has too many pixels \(Image size \(100000000 pixels\) exceeds .*\): scale it down"),
        (png(10**6, 10**6), "here has too many pixels"),
        (saved(Image.fromarray(np.ones((6, 8), np.float32)), "TIFF"), "here is of mode F, whose range is not known"),
        (saved(Image.fromarray(np.ones((6, 8), np.int32)), "TIFF"), "here is of mode I, whose range is not known"),
        (
            saved(Image.new("LAB", (6, 8)), "TIFF"),
            "of mode LAB, whose range is not known: save it with 8 bits a channel",
        ),
        (
            saved(Image.fromarray(BYTES.astype(np.uint16)), transparency=3),
            "here is of mode I;16, transparent, whose range is not known",
        ),
    ],
)
def test_what_is_no_picture_is_one_line(content, message):
    with pytest.raises(InputError, match=message) as caught:
        read(content)
    assert "\n" not in str(caught.value)


WHOLE = [
    *(
        saved(image, kind)
        for kind in ("PNG", "GIF", "TIFF", "BMP")
        for image in (Image.fromarray(BITS), GREY, COLOURED)
    ),
    *(saved(image, "JPEG") for image in (GREY, COLOURED, COLOURED.convert("CMYK"))),
    *(saved(COLOURED, kind) for kind in ("WEBP", "PPM")),
    saved(with_alpha(COLOURED, BYTES)),
    saved(Image.fromarray(BYTES.astype(np.uint16))),
]


@settings(max_examples=400, derandomize=True, deadline=None)
@given(st.sampled_from(WHOLE), st.floats(0, 1, exclude_max=True), st.integers(0, 255), st.booleans())
def test_a_damaged_file_is_a_picture_or_refused(content, place, byte, cut):
    damaged = bytearray(content)
    where = int(place * len(damaged))
    damaged[where:] = damaged[where:][:0] if cut else bytes([byte]) + damaged[where + 1 :]
    with contextlib.suppress(InputError):
        pixels = read(bytes(damaged)).pixels
        assert 0 <= pixels.min() <= pixels.max() <= 1
