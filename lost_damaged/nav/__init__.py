"""Journal lines for NAV (Business Central): what they are, and the two forms in which they are handed over."""
