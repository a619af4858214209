"""Channels: set up, import of the catalogue, push of quantities, intake of orders, comparison."""
