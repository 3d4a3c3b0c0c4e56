"""Side effects: one class per area, each activity idempotent and one transaction."""
