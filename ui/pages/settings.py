"""The page of the settings: people, keys, the model in use, what happens to personal data, and the audit log."""

from typing import Any

import gradio as gr

from assistant.access.keys import SCOPES
from assistant.access.roles import ROLES, allow
from ui.pages.audit import Audit
from ui.pages.html import card, facts, notes, text
from ui.pages.page import chosen, empty, moment
from ui.pages.words import say, t

HOURS = 24  # a sign-in link lives


class SettingsPage(Audit):
    """One tab a subject; people, keys and the log are for admins."""

    path, name = "settings", "Settings"

    def build(self) -> None:
        """The components."""
        parts = self.parts
        self.heading("Settings", "People, keys, the model that talks, and what happens to personal data.")
        with gr.Tabs() as parts.tabs:
            with gr.Tab(t("People"), id="people", visible=False) as parts.people_tab:
                self._people()
            with gr.Tab(t("Keys"), id="keys", visible=False) as parts.keys_tab:
                self._keys()
            with gr.Tab(t("Model"), id="model"):
                parts.model = gr.HTML()
            with gr.Tab(t("Privacy"), id="privacy"):
                parts.privacy = gr.HTML()
                parts.typed = gr.Textbox(
                    label=t("Try it: a text with personal data"), lines=3, max_lines=8, max_length=4000
                )
                parts.hide = gr.Button(t("Show what is taken out"), size="sm", elem_classes="sa-small")
                parts.hidden = gr.HTML()
            with gr.Tab(t("Audit"), id="audit", visible=False) as parts.audit_tab:
                self.build_audit()

    def _people(self) -> None:
        parts = self.parts
        with gr.Row(elem_classes="sa-split"):
            with gr.Column(scale=1, min_width=240, elem_classes="sa-master"):
                parts.people = gr.Radio([], label=t("People"), container=False, elem_classes="sa-list")
            with gr.Column(scale=2, min_width=300):
                parts.person = gr.HTML()
                with gr.Row():
                    parts.role = gr.Dropdown([*ROLES], label=t("Role"), min_width=140)
                with gr.Row(elem_classes="sa-actions"):
                    parts.link = gr.Button(t("Make a sign-in link"), size="sm")
                    self.asks("remove", "Remove this person", self.remove, [parts.people])
                parts.made_link = gr.Textbox(
                    label=t("Send this link; it signs in once, within a day"), visible=False, interactive=False,
                    buttons=["copy"], elem_id="sa-link",
                )  # fmt: skip
                gr.HTML(t("Somebody new"), html_template="<h2>${value}</h2>")
                with gr.Row():
                    parts.new_name = gr.Textbox(label=t("Name"), max_lines=1, max_length=100, min_width=160)
                    parts.new_role = gr.Dropdown([*ROLES], value="member", label=t("Role"), min_width=120)
                parts.invite = gr.Button(t("Add"), size="sm", variant="primary", elem_classes="sa-small")

    def _keys(self) -> None:
        parts = self.parts
        with gr.Row(elem_classes="sa-split"):
            with gr.Column(scale=1, min_width=240, elem_classes="sa-master"):
                parts.keys = gr.Radio([], label=t("Keys"), container=False, elem_classes="sa-list")
                parts.no_keys = gr.HTML()
            with gr.Column(scale=2, min_width=300):
                parts.key = gr.HTML()
                self.asks("revoke", "Revoke this key", self.revoke, [parts.keys])
                gr.HTML(t("A new key"), html_template="<h2>${value}</h2>")
                with gr.Row():
                    parts.key_role = gr.Dropdown([*ROLES], value="member", label=t("Role"), min_width=120)
                    parts.days = gr.Number(
                        label=t("Days it lives (empty: for good)"), minimum=0, min_width=140
                    )
                parts.scopes = gr.Dropdown(
                    [*SCOPES], multiselect=True, label=t("Parts of the API it reaches (empty: all)")
                )
                parts.mine = gr.Checkbox(label=t("It reads and continues my conversations"))
                parts.create = gr.Button(
                    t("Make a key"), size="sm", variant="primary", elem_classes="sa-small"
                )
                parts.secret = gr.Textbox(
                    label=t("The key; it is shown this once"), visible=False, interactive=False, buttons=["copy"],
                    elem_id="sa-secret",
                )  # fmt: skip

    def wire(self, blocks: gr.Blocks) -> None:
        """Which handler each event calls."""
        parts = self.parts
        self.on(blocks.load, self.load)
        self.on(parts.people.input, self.open, [parts.people])
        self.on(parts.role.input, self.set_role, [parts.people, parts.role])
        self.on(parts.link.click, self.make_link, [parts.people])
        self.on(parts.invite.click, self.invite, [parts.new_name, parts.new_role])
        self.on(parts.keys.input, self.open_key, [parts.keys])
        self.on(parts.create.click, self.create, [parts.key_role, parts.days, parts.scopes, parts.mine])
        self.on(parts.hide.click, self.hide, [parts.typed], show_progress="minimal")
        self.wire_audit()
        self.finish()

    def load(self, request: gr.Request) -> dict:
        """The page opens: what the reader's role may see."""
        manage = self.may(request, "manage")
        shown = {f"{name}_tab": gr.Tab(visible=manage) for name in ("people", "keys", "audit")}
        told = {"model": self._model(), "privacy": _privacy()}
        tabs = {"tabs": gr.Tabs(selected="people" if manage else "model")}
        return {
            **shown,
            **told,
            **tabs,
            **(self._everybody(request) | self._all_keys(request) if manage else {}),
            "days": None,  # which Gradio shows as 0 at first
        }

    # People

    def _everybody(self, request: gr.Request, wish: str | None = None) -> dict:
        rows = self.app.users.list()
        found = chosen(wish, [row["id"] for row in rows])
        labels = [(f"{row['name']} · {say(row['role'])}", row["id"]) for row in rows]
        return {"people": gr.Radio(labels, value=found), **(self.open(found, request) if found else {})}

    def open(self, user_id: str, request: gr.Request) -> dict:
        """A person was chosen."""
        allow(self.principal(request), "manage")
        row = self.app.users.get(user_id)
        owner = row["id"] == "owner"
        left = ", ".join(f"{key['hint']} ({say(key['role'])})" for key in self.app.keys.left_by(user_id))
        about = [("role", say(row["role"])), ("since (UTC)", moment(row["created_at"]))]
        outlive = (
            f'<p class="sa-more">{text(say("Keys they made go on without them; see the tab Keys."))}</p>'
        )
        return {
            "person": card(row["name"], facts([*about, ("keys they made", left)]), outlive if left else ""),
            "role": gr.Dropdown(value=row["role"], interactive=not owner),
            "remove": gr.Button(visible=not owner),
            "remove_row": gr.Row(visible=False),
            "made_link": gr.Textbox(visible=False),
        }

    def set_role(self, user_id: str, role: str, request: gr.Request) -> dict:
        """Another role."""
        allow(self.principal(request), "manage")
        self.app.users.set_role(user_id, role)
        return self._everybody(request, user_id)

    def make_link(self, user_id: str, request: gr.Request) -> dict:
        """A one-time link for the person."""
        allow(self.principal(request), "manage")
        token = self.app.users.link(user_id, hours=HOURS)
        address = f"{self.host(request)}/sign-in?token={token}"
        return {"made_link": gr.Textbox(address, visible=True)}

    def invite(self, name: str, role: str, request: gr.Request) -> dict:
        """Somebody new, with their first link."""
        allow(self.principal(request), "manage")
        user = self.app.users.add(name, role)
        return {**self._everybody(request, user["id"]), "new_name": "", **self.make_link(user["id"], request)}

    def remove(self, user_id: str, request: gr.Request) -> dict:
        """Somebody leaves: signed out everywhere, keys revoked."""
        allow(self.principal(request), "manage")
        self.app.users.remove(user_id)
        return self._everybody(request)

    # Keys

    def _all_keys(self, request: gr.Request, wish: str | None = None) -> dict:
        rows = [row for row in self.app.keys.list() if row["role"] != "visitor" and not row["revoked_at"]]
        found = chosen(wish, [row["id"] for row in rows])
        none = empty("No key yet", "Programs call the API with one; make it on the right.")
        labels = [(f"{row['hint']} · {say(row['role'])}", row["id"]) for row in rows]
        return {
            "keys": gr.Radio(labels, value=found, visible=bool(rows)),
            "no_keys": gr.HTML(none, visible=not rows),
            **(self.open_key(found, request) if found else {"key": "", "revoke": gr.Button(visible=False),
                                                           "revoke_row": gr.Row(visible=False)}),
        }  # fmt: skip

    def open_key(self, key_id: str, request: gr.Request) -> dict:
        """A key was chosen."""
        allow(self.principal(request), "manage")
        row = next(
            (row for row in self.app.keys.list() if row["id"] == key_id and not row["revoked_at"]), None
        )
        if row is None:  # revoked elsewhere
            return self._all_keys(request)
        names = {user["id"]: user["name"] for user in self.app.users.list()}
        row["made_by"] = names.get(row["made_by"], row["made_by"])
        pairs = [(name.replace("_", " "), _plain(name, row.get(name))) for name in KEY_FACTS]
        return {"key": card(row["hint"], facts(pairs)), "revoke": gr.Button(visible=True),
                "revoke_row": gr.Row(visible=False)}  # fmt: skip

    def create(
        self, role: str, days: float | None, scopes: list[str] | None, mine: bool, request: gr.Request
    ) -> dict:
        """A new key, with conversations and files of its own, or with the admin's."""
        who = self.principal(request)
        allow(who, "manage")
        owner = who.user_id if mine else None
        made = self.app.keys.create(
            role, user_id=owner, scopes=scopes or (), days=days or None, made_by=who.user_id
        )
        return {**self._all_keys(request, made["id"]), "secret": gr.Textbox(made["secret"], visible=True)}

    def revoke(self, key_id: str, request: gr.Request) -> dict:
        """End a key."""
        allow(self.principal(request), "manage")
        self.app.keys.revoke(key_id)
        return {**self._all_keys(request), "secret": gr.Textbox(visible=False)}

    # Model, privacy

    def _model(self) -> str:
        settings = self.app.settings
        base = settings.model_base_url or ""
        pairs = [("chat model", settings.model), ("server", base), ("offline", settings.offline),
                 ("engine", settings.engine), ("cluster", settings.ray_address)]  # fmt: skip
        own = say("It runs on this machine: no key, and nothing leaves it.")
        sent = say("Messages are sent to it without personal data.")
        local = settings.model == "embedded" or settings.model.startswith("local:")
        how = say(
            "Change it by ASSISTANT_MODEL in the environment or a .env file, and start the server again."
        )
        return card(say("The model that talks"), facts(pairs), f"<p>{text(own if local else sent)}</p>",
                    f'<p class="sa-more">{text(how)}</p>')  # fmt: skip

    def hide(self, words: str | None, request: gr.Request) -> dict:
        """What is taken out of a text before it is kept."""
        found = self.app.redactor.redact((words or "")[:4000])
        kinds = ", ".join(sorted({str(each["entity_type"]) for each in found["entities"]}))
        told = kinds or say("Nothing personal was found.")
        return {"hidden": card(say("This is kept"), f"<blockquote>{text(found['text'])}</blockquote>",
                               f'<p class="sa-more">{text(told)}</p>')}  # fmt: skip


KEY_FACTS = ("role", "scopes", "made_by", "created_at", "expires_at")


def _plain(name: str, value: Any) -> Any:
    if name.endswith("_at"):
        return moment(value)
    return ", ".join(value) if isinstance(value, list) else value


def _privacy() -> str:
    return card(
        say("What happens to personal data"),
        notes(
            [
                say("Names, addresses, numbers and secrets are taken out of messages before they are stored, "
                    "logged or sent to a model."),
                say("Answers pass the same gate before a character leaves."),
                say("Visitors of your site read published documents alone, without private contacts."),
                say("The address of a visitor who asks for a person is kept until you delete the hand-off."),
                say("Everything lies in one folder on this machine; delete it and all is gone."),
            ]
        ),
    )  # fmt: skip
