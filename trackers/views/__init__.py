"""Pages of trackers."""
