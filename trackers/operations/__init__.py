"""Writes of trackers: rules, and their evaluation."""
