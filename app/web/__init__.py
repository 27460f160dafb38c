"""The HTTP edge that every room shares: sessions of the database, forms, templates, headers, errors.

Imports `app.core` only.
"""
