"""Which modules pytest does not look into for doctests."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("flwr") else ["fedsz_privacy/flower", "tests/flower_apps.py"]
