"""The English catalogue, by theme; the same keys and placeholders as the Russian one."""
