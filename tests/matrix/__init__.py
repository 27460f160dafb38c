"""Who may do what, held against a reviewed table; and what must never show, break or run (RELIABILITY 1.2, 1.4)."""
