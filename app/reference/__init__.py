"""Reference data: what the city, the standards and the centre have written down, each row with its source.

Owns districts (dated, keyed by own slugs), industry classes, clusters, scenarios S01-S16, the centre's pain
points and dictionary, the maturity questionnaire, energy levels and elimination rules. The lowest room: it
imports no other. Every row says where it comes from (`source`) and how sure that is (`confidence`).
"""
