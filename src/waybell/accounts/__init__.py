"""Who may do something here? Accounts (one company each), their users and their API keys."""
