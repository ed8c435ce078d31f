"""The database URL with its passwords masked, which may stand as `user:password@` or as `?password=`."""

from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, make_url

_MASK = "***"
# The query parameters of libpq that are secret.
_SECRET = {"password", "sslpassword", "passfile", "scram_client_key", "scram_server_key", "oauth_client_secret"}


def masked(url: str) -> str:
    """Return the URL with `***` in place of each secret."""
    parsed = make_url(url)
    hidden = {name: _MASK for name in parsed.query if name.lower() in _SECRET}
    return parsed.update_query_dict(hidden).render_as_string(hide_password=True).replace(quote_plus(_MASK), _MASK)


def without_secrets(url: str, message: str) -> str:
    """Mask the secrets of the URL in a message of the database or the driver."""
    for secret in sorted(_secrets(make_url(url)), key=len, reverse=True):
        for spelt in (secret, quote(secret, safe=""), quote_plus(secret)):
            message = message.replace(spelt, _MASK)
    return message


def _secrets(url: URL) -> Iterator[str]:
    if url.password:
        yield url.password
    for name, values in url.normalized_query.items():
        if name.lower() in _SECRET:
            yield from filter(None, values)
