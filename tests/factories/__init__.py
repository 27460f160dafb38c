"""Makes rows for tests, a module per room; everything composed is plainly fictitious (示例)."""
