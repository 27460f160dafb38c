"""The desk's commands: who works on what, announcements, help requests, the index."""

from app.desk import policy as _policy  # noqa: F401  registers the room's rules
