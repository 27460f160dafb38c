"""Matching: understanding a need's free text and ranking offerings for it, with every point explained.

Owns the reading of text (`reading/`), the factors and their sum (`score.py`), retrieval and ranking, and the
measuring of all that (`evaluation.py`). It stands above `offerings` and `needs` and may read both; neither knows
of it. `docs/matching.md` tells the whole on one page.
"""
