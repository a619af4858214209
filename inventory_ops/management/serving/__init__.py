"""The whole product as one process tree: what `serve` and `demo` have in common."""
