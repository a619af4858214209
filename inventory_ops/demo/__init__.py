"""Sample data: a believable marketplace, made through the real imports."""
