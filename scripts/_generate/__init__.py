"""Writes what follows from the tables in client/pixelpact/policy/data/; run by scripts/generate."""
