"""Dated policies as readable pages: what a paper says, where that was read, and how sure it is.

Owns the policies (each with source, confidence, document number and date). Figures that no document states
are never filled in: the page says 「以当年申报通知为准」. Above `reference`, below `offerings` and `needs`.
"""
