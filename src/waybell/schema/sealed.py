"""The columns whose values are encrypted with the secret key."""

from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints

# The key check is not among them: it is encrypted last, and thereby marks the rotation of all these as complete.
SEALED = (endpoints.c.headers, endpoint_secrets.c.secret)
