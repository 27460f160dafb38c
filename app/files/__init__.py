"""Owns what people upload: papers and pictures, kept under random names outside the web root.

Words: a file is *received* (checked, pictures written afresh), *kept* (a row in the caller's transaction) and
*scanned*; until the scanner calls it clean it lies in quarantine and nobody can open it. The room that keeps a
file says by `register_reader` who may read it. Neighbours: `accounts` below; every room with uploads above.
"""
