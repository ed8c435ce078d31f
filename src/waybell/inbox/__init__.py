"""The built-in inbox: a receiver of our own, so that a newcomer sees a webhook without having a server."""
