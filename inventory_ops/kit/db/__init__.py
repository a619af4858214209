"""Fields, constraints and SQL helpers."""
