"""Every read of notices, deliveries and webhooks, by audience."""
