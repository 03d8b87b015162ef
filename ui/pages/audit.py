"""The audit log on the page of the settings: its entries, whether its chain holds, and all of it as a file."""

import gradio as gr

from assistant.access.roles import allow
from ui.pages.html import card, facts, table, text
from ui.pages.page import Page, empty, moment
from ui.pages.words import say, t

ENTRIES = 200  # shown, the latest first


class Audit(Page):
    """The part of the settings' page in which admins read the log."""

    def build_audit(self) -> None:
        """What narrows the log, what can be done with it, and its entries."""
        parts = self.parts
        parts.action = gr.Textbox(label=t("Only actions that begin with"), max_lines=1)
        with gr.Row(elem_classes="sa-actions"):
            parts.verify = gr.Button(t("Check that nothing was changed"), size="sm")
            gr.Button(t("Download the whole log"), link="/v1/audit/export", size="sm")
        parts.verified = gr.HTML()
        parts.log = gr.HTML()

    def wire_audit(self) -> None:
        """Which handler each event calls."""
        parts = self.parts
        self.on(parts.audit_tab.select, self.log, [parts.action])
        self.on(parts.action.submit, self.log, [parts.action])
        self.on(parts.verify.click, self.verify, show_progress="minimal")

    def log(self, action: str | None, request: gr.Request) -> dict:
        """Who did what, the latest first."""
        allow(self.principal(request), "manage")
        rows = self.app.audit.entries(ENTRIES, action=(action or "").strip() or None)
        shown = [(moment(row["at"]), row["name"] or row["user_id"] or "", row["action"], row["object"], row["source"])
                 for row in rows]  # fmt: skip
        if not shown:
            return {
                "log": empty("Nothing yet", "Sign-ins, keys, deployments and deletions are recorded here.")
            }
        return {"log": table(["when (UTC)", "who", "what", "object", "from"], shown)}

    def verify(self, request: gr.Request) -> dict:
        """Whether the chain of hashes holds."""
        allow(self.principal(request), "manage")
        found = self.app.audit.verify()
        if not found["intact"]:
            broken = say("Entry {number} was changed, or one before it is gone.", number=found["broken_at"])
            return {
                "verified": card(say("The log was tampered with"), f"<p>{text(broken)}</p>", kind="sa-bad")
            }
        kept = say("Keep the last one's hash elsewhere: entries cut off at the end leave a chain that holds.")
        more = f'<p class="sa-more">{text(kept)}</p><code class="sa-secret">{text(found["head"])}</code>'
        return {"verified": card(say("No entry was changed"), facts([("entries", found["entries"])]), more)}
