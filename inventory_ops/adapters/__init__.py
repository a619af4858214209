"""Kinds of channels: one file each, behind the protocol of `protocol.py`, found through `kinds.py`."""
