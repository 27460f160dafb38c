"""DESIGN's layout rules, read from the source with the standard library alone."""
