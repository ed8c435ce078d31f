"""Which columns hold values that are sealed with the secret key."""

from waybell.webhooks.tables import endpoint_secrets, endpoints

# The key check of the installation is not among them: it is sealed anew last, and so tells that all these are done.
SEALED = (endpoints.c.headers, endpoint_secrets.c.secret)
