"""Demo data (示例): plainly fictitious organisations, offerings and needs for trying the platform.

Composes through the rooms' own commands, so demo rows obey every rule; refused in production. Stands above
all rooms; nothing imports it but the command line.
"""
