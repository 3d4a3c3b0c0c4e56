"""Simulators of the outside services: they import none of our rooms and keep their own files."""
