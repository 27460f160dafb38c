"""front: the front page, the signed-in home, the case page and the pages about the platform itself.

Owns no table. Everything it shows comes from the rooms below, by their queries or by panels.
"""
