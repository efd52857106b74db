import io

import numpy as np
import pytest

from fedsz_privacy import InputError
from fedsz_privacy.data.image_sets import read_pictures
from fedsz_privacy.data.pictures import OVER_WHITE, Source

Image = pytest.importorskip("PIL.Image")

BITS = np.arange(48).reshape(6, 8) % 5 % 2 == 0
BYTES = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
COLOURS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
GREY, COLOURED = Image.fromarray(BYTES), Image.fromarray(COLOURS)


def source(image, where="here"):
    held = io.BytesIO()
    image.save(held, "PNG")
    return Source(where, lambda: io.BytesIO(held.getvalue()))


def clear():
    image = GREY.copy()
    image.putalpha(GREY)
    return source(image)


def test_grey_pictures_become_coloured_if_any_is():
    parts = [[source(GREY), source(Image.fromarray(BITS))], [source(COLOURED)]]
    (train, test), notices = read_pictures(parts, "set", 10**6)
    assert train == pytest.approx(np.repeat(np.stack([BYTES / 255, BITS])[..., None], 3, axis=-1), abs=1e-6)
    assert test[0] == pytest.approx(COLOURS / 255)
    assert notices == ("set: grey pictures among coloured ones become coloured",)
    (train,), notices = read_pictures(parts[:1], "set", 10**6)
    assert train.shape == (2, 6, 8)
    assert notices == ()


def test_a_notice_is_given_once():
    assert read_pictures([[clear(), clear()], [clear()]], "set", 10**6)[1] == (f"set: {OVER_WHITE}",)


def test_pictures_of_several_sizes_or_too_many_numbers_are_one_line():
    small, large = source(GREY, "small"), source(GREY.resize((9, 6)), "large")
    with pytest.raises(InputError, match="small has 8x6 pixels and large 9x6: scale all to one size"):
        read_pictures([[small], [large]], "set", 10**6)
    with pytest.raises(InputError, match="set comes to 96 numbers: keep to 95, by fewer or smaller pictures"):
        read_pictures([[small], [small]], "set", 95)
