"""A first request to copy: a curl command that does what an ERP would."""

_CURL = """\
curl {base_url}/api/Order \\
  -H 'X-API-KEY: {key}' -H 'Content-Type: application/json' \\
  -d '{{"Number": "1001", "Client": "Bakery Kalamaja", "Address": "Telliskivi 60a, Tallinn"}}'"""


def first_request(base_url: str, key: str = "<your key>") -> str:
    """Return a curl command that adds an order."""
    return _CURL.format(base_url=base_url, key=key)
