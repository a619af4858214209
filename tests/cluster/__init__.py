"""The product on several machines, of which all are this one: `uv run -m tests.cluster`, and its drills."""
