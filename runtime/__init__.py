"""Process plumbing every process needs, and no business: logs, errors, metrics, health, exit."""
