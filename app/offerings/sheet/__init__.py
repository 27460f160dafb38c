"""Offerings as an Excel sheet: the same columns out and in, so that what was exported can be imported. Pure."""

from app.offerings.sheet.columns import COLUMNS, EXAMPLE, NOTES, Names, choices
from app.offerings.sheet.reading import Group, Problem, read
from app.offerings.sheet.writing import lines_of

__all__ = ["COLUMNS", "EXAMPLE", "NOTES", "Group", "Names", "Problem", "choices", "lines_of", "read"]
