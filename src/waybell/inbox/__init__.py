"""How does a newcomer see a webhook without a server? The built-in inbox is a receiver of our own."""
