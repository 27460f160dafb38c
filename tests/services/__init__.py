"""Starts real PostgreSQL, Elasticsearch and Chromium for the tests, and stops them whatever happens."""
