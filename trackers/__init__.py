"""Inventory trackers: what merchants watch, and its health."""
