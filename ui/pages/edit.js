() => {
  // Messages keep what would be HTML or links escaped; whoever edits or copies one wants its words alone.
  const inert = '<span class="sa-said">';
  const words = (text) =>
    text.startsWith(inert)
      ? new DOMParser().parseFromString(text, "text/html").querySelector(".sa-said").textContent
      : text.replace(/<pre><code>/g, "```\n").replace(/<\/code><\/pre>/g, "\n```").replace(/<\/?code>/g, "`").replace(/&#(\d+);/g, (_, sign) => String.fromCodePoint(sign));
  new MutationObserver(() => {
    // The examples are buttons in a group; Gradio calls them a list, which screen readers would miss the items of.
    document.querySelector("#sa-chat .examples[role=list]")?.setAttribute("role", "group");
    // Gradio names each message by its own HTML, which would be read out instead of what it says.
    for (const message of document.querySelectorAll("#sa-chat [data-testid][aria-label]")) message.removeAttribute("aria-label");
    // A step that is folded away is a button already; the arrow in it would be another one, without a name.
    for (const arrow of document.querySelectorAll("#sa-chat .thought-group .arrow")) arrow.inert = true;
    for (const box of document.querySelectorAll("#sa-chat textarea")) {
      if (!box.value.startsWith(inert)) continue;
      box.value = words(box.value);
      box.ariaLabel = navigator.language.startsWith("zh") ? "修改您的消息" : "Edit your message";
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }).observe(document.body, { childList: true, subtree: true });
  const copy = navigator.clipboard?.writeText.bind(navigator.clipboard);
  if (copy) navigator.clipboard.writeText = (text) => copy(words(text));
  if (localStorage.getItem("sa-toured")) document.body.classList.add("sa-toured");
  // Keyboard first: / to the message box, Ctrl K to the search, Ctrl Shift O for a new conversation, Escape stops.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=radio], [type=checkbox]), textarea, select") || event.target.isContentEditable;
    const control = event.ctrlKey || event.metaKey;
    const at = (selector) => document.querySelector(selector);
    let target = null, act = "focus";
    if (event.key === "/" && !typing && !control) target = at("#sa-box textarea");
    else if (control && event.key.toLowerCase() === "k") target = at("#sa-find input, #sa-find textarea");
    else if (control && event.shiftKey && event.key.toLowerCase() === "o") [target, act] = [at("#sa-new"), "click"];
    else if (event.key === "Escape") [target, act] = [at("#sa-box .stop-button"), "click"];
    if (!target) return;
    event.preventDefault();
    target[act]();
  });
}
