"""HTTP in: each request authenticates, opens one transaction and calls one action."""
