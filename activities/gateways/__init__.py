"""Real implementations of the ports: one outside system per module."""
