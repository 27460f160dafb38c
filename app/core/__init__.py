"""What every room stands on: settings, database, time, money, permissions, audit, outbox, jobs.

Imports neither FastAPI nor any room.
"""
