"""Funeng: one process image for the web, the worker and the command line."""

__version__ = "0.1.0"
