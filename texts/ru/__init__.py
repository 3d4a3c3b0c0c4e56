"""The Russian catalogue, by theme; the reference for all other languages."""
