"""The version of the toolkit that is installed."""

from importlib.metadata import version

__version__ = version("fedsz-privacy")
