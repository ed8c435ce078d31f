"""The database's URL as people may see it: no password, in whichever form it was written."""

import pytest
from sqlalchemy.exc import OperationalError

from waybell.db.url import masked, without_secrets
from waybell.ground.errors import SetupError
from waybell.running import doctor
from waybell.running.first_start import connect
from waybell.settings import as_text, load

SECRET = "s3cretpw"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("postgresql://u:s3cretpw@h/db", "postgresql://u:***@h/db"),
        ("postgresql://h/db?user=u&password=s3cretpw", "postgresql://h/db?password=***&user=u"),
        ("postgresql://u@/db?host=h&PassWord=s3cretpw", "postgresql://u@/db?PassWord=***&host=h"),
        ("postgresql://h/db?password=s3cretpw&password=s3cretpw2", "postgresql://h/db?password=***"),
        ("postgresql://u:s3cretpw@h/db?sslpassword=s3cretpw", "postgresql://u:***@h/db?sslpassword=***"),
        ("postgresql://h/db?passfile=/s3cretpw&sslmode=require", "postgresql://h/db?passfile=***&sslmode=require"),
        ("postgresql://u@h/db?sslmode=require", "postgresql://u@h/db?sslmode=require"),
        ("sqlite:////var/lib/waybell/waybell.db", "sqlite:////var/lib/waybell/waybell.db"),
    ],
)
def test_no_password_is_shown(written, shown):
    assert masked(written) == shown
    settings = load({"WAYBELL_DATABASE_URL": written})
    assert as_text(settings, "database_url") == shown


def test_no_message_that_repeats_it_shows_it_either():
    url = "postgresql://u:s3cret%20pw@h/db?sslpassword=other&passfile=/x/y"
    told = without_secrets(url, "bad option s3cret pw, s3cret%20pw, other in /x/y at h")
    assert told == "bad option ***, ***, *** in *** at h"
    assert without_secrets("postgresql://u@h/db", "no such u") == "no such u"


def test_a_database_that_does_not_answer_keeps_it_to_itself(monkeypatch, tmp_path):
    url = f"postgresql://127.0.0.1:1/db?user=u&password={SECRET}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WAYBELL_DATABASE_URL", url)
    settings = load()
    findings = doctor.examine()
    with pytest.raises(SetupError) as raised, connect(settings) as database, database.reading():
        pass
    with pytest.raises(SetupError) as repeated, connect(settings):
        raise OperationalError("SELECT 1", {}, Exception(f"missing = after {SECRET}"))
    told = f"{findings} {raised.value} {repeated.value}"
    assert "password=***" in told
    assert "missing = after ***" in told
    assert SECRET not in told
