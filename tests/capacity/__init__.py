"""How much a marketplace of a size needs, from measured costs: docs/capacity.md."""
