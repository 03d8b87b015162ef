"""The audit log on the page of the settings, asked as a browser asks it."""

from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, text

from assistant.application import Application
from assistant.errors import Forbidden
from ui.pages.settings import SettingsPage


def test_a_changed_entry_is_told(app: Application) -> None:
    app.users.owner()
    page, owner = SettingsPage(app), SimpleNamespace(username="owner", client=None)
    app.users.add("Ann")
    whole = page.verify(owner)["verified"]
    assert "No entry was changed" in whole and app.audit.verify()["head"] in whole
    other = create_engine(app.database.url)
    with other.begin() as connection:  # who has the file can drop the trigger
        connection.execute(text("DROP TRIGGER audit_kept_UPDATE"))
        connection.execute(text("UPDATE audit SET name = 'Eve' WHERE number = 1"))
    other.dispose()
    broken = page.verify(owner)["verified"]
    assert "tampered with" in broken and "Entry 1 was changed" in broken


def test_the_log_is_for_admins(app: Application) -> None:
    member = SimpleNamespace(username=app.users.add("Bo")["id"], client=None)
    for look in (SettingsPage(app).verify, lambda request: SettingsPage(app).log("", request)):
        with pytest.raises(Forbidden):
            look(member)
