"""Secrets at rest: they are encrypted with a key that lies outside the database.

The key comes from the setting `secret_key`, or from the file `secret.key` in the data folder, which the first start
makes. There may be several keys, the newest first. All of them decrypt, and only the newest encrypts, so a key is
replaced by putting a new one in front (`waybell secret-key rotate`). A running process reads the file again when it
changes, so a new key needs no restart.
"""

import hmac
import os
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from waybell.ground.errors import SetupError
from waybell.settings import Settings

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Ring:
    keys: tuple[str, ...]
    newest: Fernet
    all: MultiFernet
    stamp: _Stamp | None  # identifies the version of the file that the keys were read from


class Vault:
    def __init__(self, keys: str, file: Path | None = None) -> None:
        """Decrypt with all of `keys` and encrypt with the first.

        `keys` holds Fernet keys (32 bytes in URL-safe base64), separated by commas or lines. With `file`, the source of
        the keys, a changed file replaces the keys.
        """
        self._file = file
        self._now = _ring(keys, _stamp(file))

    @property
    def _ring(self) -> _Ring:
        stamp = _stamp(self._file)
        if self._file and stamp and stamp != self._now.stamp:
            try:
                self._now = _ring(_text_of(self._file), stamp)
            except (OSError, SetupError):
                return self._now  # an administrator may be editing the file, so keep the keys and try again later
        return self._now

    @property
    def key_count(self) -> int:
        return len(self._ring.keys)

    def keys_for(self, purpose: str) -> list[bytes]:
        """Return the keys for signing, newest first, derived so that they serve this purpose only."""
        return [hmac.digest(urlsafe_b64decode(key), purpose.encode(), "sha256") for key in self._ring.keys]

    def seal(self, text: str) -> str:
        return self._ring.newest.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt a text that `seal` encrypted.

        Raise `SetupError` when this vault lacks the key that encrypted the text.
        """
        try:
            return self._ring.all.decrypt(sealed).decode()
        except InvalidToken:
            raise SetupError(
                "A secret in the database was encrypted with another key. Set WAYBELL_SECRET_KEY to the key that this "
                "database was used with, or put its secret.key back into the data folder."
            ) from None

    def is_of_newest(self, sealed: str) -> bool:
        """Return whether the newest key encrypted this text."""
        try:
            self._ring.newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True


def _stamp(file: Path | None) -> _Stamp | None:
    """Return a value that changes when the file is replaced or written, or None when there is no file."""
    try:
        state = file.stat() if file else None
    except OSError:
        return None
    return (state.st_ino, state.st_mtime_ns, state.st_size) if state else None


def _ring(text: str, stamp: _Stamp | None) -> _Ring:
    keys = tuple(text.replace(",", " ").split())
    try:
        fernets = [Fernet(key) for key in keys]
        return _Ring(keys, fernets[0], MultiFernet(fernets), stamp)
    except (ValueError, IndexError):
        raise SetupError(
            "WAYBELL_SECRET_KEY is not usable: a key is 32 bytes in URL-safe base64. Set it to the key that this "
            "database was used with, as another one opens none of its secrets. For a new database make a key with:\n"
            "  python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
        ) from None


def _text_of(path: Path) -> str:
    """Return the keys in the file.

    Raise `SetupError` when the file holds no complete key. Making a new key would not help, because a new key decrypts
    no stored secret.
    """
    try:
        text = path.read_text(encoding="ascii")
        _ring(text, None)
    except (SetupError, UnicodeDecodeError):
        what = "holds no key, or only a part of one"
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
    else:
        return text
    raise SetupError(
        f"The secret key file {path.resolve()} {what}. Put it back from a back-up: the secrets in the database open "
        "with the key in it and with no other."
    ) from None


def new_key() -> str:
    return Fernet.generate_key().decode()


def key_file(settings: Settings) -> Path:
    return settings.data_dir / "secret.key"


def open_vault(settings: Settings) -> Vault:
    """Return the vault of this installation.

    Raise `SetupError` when there is no key.
    """
    if settings.secret_key:
        return Vault(settings.secret_key.get_secret_value())
    path = key_file(settings)
    if not path.exists():
        raise SetupError(f"There is no secret key: set WAYBELL_SECRET_KEY or put the file {path} back.")
    return Vault(_text_of(path), path)


def ensure_key_file(settings: Settings) -> None:
    """Make the key file at the first start, readable by its owner only, unless the key is a setting."""
    path = key_file(settings)
    if settings.secret_key is None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, [new_key()])


def put_in_front(path: Path, key: str) -> None:
    """Make `key` the newest key of the file; the older keys still decrypt."""
    _write(path, [key, *_ring(_text_of(path), None).keys])


def keep_newest(path: Path) -> None:
    """Drop all keys of the file but the newest."""
    _write(path, _ring(_text_of(path), None).keys[:1])


def _write(path: Path, keys: Sequence[str]) -> None:
    """Replace the file atomically and durably: even after a power cut it holds the old keys or the new ones.

    Raise `SetupError` when the folder cannot be written.
    """
    try:
        _replace(path, "\n".join(keys))
    except OSError as error:
        raise SetupError(
            f"The secret key file {path.resolve()} cannot be written ({error.strerror}). Let this user write in its "
            "folder."
        ) from None


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)  # a process that was killed may have left this file
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if os.name == "posix" and path.exists():
        before = path.stat()
        # root may rotate the key on behalf of the user that the server runs as
        os.chown(fresh, before.st_uid, before.st_gid)
    fresh.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
