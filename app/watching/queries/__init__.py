"""Every read of what people follow; always one's own."""
