"""What happens to an order and when; no arithmetic, no I/O."""
