"""Secrets at rest: encrypted with a key that lies outside the database.

The key comes from the setting `secret_key`, or from `secret.key` in the data folder, made there at the first start.
Several keys, newest first, are read; the first one writes. So a key is replaced by putting a new one in front.
"""

import hmac
import os
from base64 import urlsafe_b64decode
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from waybell.errors import SetupError
from waybell.settings import Settings


class Vault:
    def __init__(self, keys: str) -> None:
        """`keys` are Fernet keys (32 bytes in URL-safe base64) separated by commas or lines."""
        try:
            self._keys = keys.replace(",", " ").split()
            self._fernet = MultiFernet([Fernet(key) for key in self._keys])
        except ValueError:
            raise SetupError(
                "WAYBELL_SECRET_KEY is not usable: it takes 32 bytes in URL-safe base64. Make one with:\n"
                "  python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
            ) from None

    def keys_for(self, purpose: str) -> list[bytes]:
        """Keys for signing, newest first, that serve this purpose alone."""
        return [hmac.digest(urlsafe_b64decode(key), purpose.encode(), "sha256") for key in self._keys]

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises `SetupError` when it was sealed with a key that is not here."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise SetupError(
                "A secret in the database was encrypted with another key. Set WAYBELL_SECRET_KEY to the key that this "
                "database was used with, or put its secret.key back into the data folder."
            ) from None


def key_file(settings: Settings) -> Path:
    return settings.data_dir / "secret.key"


def open_vault(settings: Settings) -> Vault:
    """The vault of this installation. Raises `SetupError` when there is no key."""
    if settings.secret_key:
        return Vault(settings.secret_key.get_secret_value())
    path = key_file(settings)
    if not path.exists():
        raise SetupError(f"There is no secret key: set WAYBELL_SECRET_KEY or put the file {path} back.")
    return Vault(path.read_text())


def ensure_key_file(settings: Settings) -> None:
    """At the first start on a folder of our own: make the key, readable by its owner only."""
    path = key_file(settings)
    if settings.secret_key is None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
