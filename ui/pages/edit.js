() => {
  // A message stands in HTML that keeps it inert; whoever edits or copies it wants its words alone.
  const inert = '<span class="sa-said">';
  const words = (text) =>
    text.startsWith(inert)
      ? new DOMParser().parseFromString(text, "text/html").querySelector(".sa-said").textContent
      : text;
  new MutationObserver(() => {
    for (const box of document.querySelectorAll("#sa-chat textarea")) {
      if (!box.value.startsWith(inert)) continue;
      box.value = words(box.value);
      box.ariaLabel = "Edit your message";
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }).observe(document.body, { childList: true, subtree: true });
  const copy = navigator.clipboard?.writeText.bind(navigator.clipboard);
  if (copy) navigator.clipboard.writeText = (text) => copy(words(text));
}
