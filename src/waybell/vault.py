"""Secrets at rest: encrypted with a key that lies outside the database.

The key comes from the setting `secret_key`, or from `secret.key` in the data folder, made there at the first start.
Several keys, newest first, are read; the first one writes. So a key is replaced by putting a new one in front
(`waybell secret-key rotate`). A process that runs follows the file, so it need not be started anew for that.
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
    stamp: _Stamp | None  # of the file that they were read from


class Vault:
    def __init__(self, keys: str, file: Path | None = None) -> None:
        """`keys` are Fernet keys (32 bytes in URL-safe base64) separated by commas or lines.

        `file` is where they stand, when that is a file: as soon as it has changed, what it holds then is in force.
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
                return self._now  # somebody edits it by hand: it is read when they are done
        return self._now

    @property
    def key_count(self) -> int:
        return len(self._ring.keys)

    def keys_for(self, purpose: str) -> list[bytes]:
        """Keys for signing, newest first, that serve this purpose alone."""
        return [hmac.digest(urlsafe_b64decode(key), purpose.encode(), "sha256") for key in self._ring.keys]

    def seal(self, text: str) -> str:
        return self._ring.newest.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises `SetupError` when it was sealed with a key that is not here."""
        try:
            return self._ring.all.decrypt(sealed).decode()
        except InvalidToken:
            raise SetupError(
                "A secret in the database was encrypted with another key. Set WAYBELL_SECRET_KEY to the key that this "
                "database was used with, or put its secret.key back into the data folder."
            ) from None

    def is_of_newest(self, sealed: str) -> bool:
        """Whether the newest key alone is enough to open it."""
        try:
            self._ring.newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True


def _stamp(file: Path | None) -> _Stamp | None:
    """What changes when a file is replaced or written; None when there is none."""
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
    """Return the keys that stand in the file.

    Raises `SetupError` when it holds none or a part of one. To make a new key is no way out then: it opens nothing.
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
    """The vault of this installation. Raises `SetupError` when there is no key."""
    if settings.secret_key:
        return Vault(settings.secret_key.get_secret_value())
    path = key_file(settings)
    if not path.exists():
        raise SetupError(f"There is no secret key: set WAYBELL_SECRET_KEY or put the file {path} back.")
    return Vault(_text_of(path), path)


def ensure_key_file(settings: Settings) -> None:
    """At the first start on a folder of our own: make the key, readable by its owner only."""
    path = key_file(settings)
    if settings.secret_key is None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, [new_key()])


def put_in_front(path: Path, key: str) -> None:
    """From now on the file's newest key is this one; the others stay readable."""
    _write(path, [key, *_ring(_text_of(path), None).keys])


def keep_newest(path: Path) -> None:
    """Drop all keys of the file but the newest."""
    _write(path, _ring(_text_of(path), None).keys[:1])


def _write(path: Path, keys: Sequence[str]) -> None:
    """Replace the file in one step, and durably: a reader finds the old keys or these, even after a power cut.

    Raises `SetupError` when the folder takes no files.
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
    fresh.unlink(missing_ok=True)  # a process that was killed may have left it
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if os.name == "posix" and path.exists():
        before = path.stat()
        os.chown(fresh, before.st_uid, before.st_gid)  # root may do it for the user that the server runs as
    fresh.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
