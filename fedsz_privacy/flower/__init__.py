"""FedSZ in a Flower app: a mod that compresses a client's update, and a strategy that reads it again.

``fedsz_mod`` goes first in a ``ClientApp``'s ``mods``, ``FedSZStrategy`` around the strategy of a ``ServerApp``.
Between them the update travels as a frame: what the client trained minus what the server had sent.
"""

from typing import TYPE_CHECKING

from fedsz_privacy.core.lazy import lazy
from fedsz_privacy.core.optional import optional

if TYPE_CHECKING:
    from fedsz_privacy.flower.client import fedsz_mod
    from fedsz_privacy.flower.strategy import FedSZStrategy

_HOMES = {"FedSZStrategy": "strategy", "fedsz_mod": "client"}

__all__ = ["FedSZStrategy", "fedsz_mod"]

optional("flwr", "flower")

__getattr__ = lazy(__name__, _HOMES)
