"""What people say and tap, by role."""
