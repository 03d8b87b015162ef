/* Startup Assistant's support widget: a button, and on first use a frame that answers. No cookies, no dependencies.
   <script src="https://YOUR-HOST/widget.js" data-key="pk_…" async></script> */
(() => {
  "use strict";
  const script = document.currentScript || document.querySelector("script[data-key][src*='/widget.js']");
  if (!script || window.StartupAssistant) return; // one widget a page, however often the line is run
  const host = new URL(script.src).origin;
  const option = (name) => script.getAttribute("data-" + name) || "";
  const chinese = /^zh/i.test(option("locale") || navigator.language || "");
  const words = chinese
    ? { open: "打开客服对话", close: "关闭对话", away: "对话暂时无法使用,请稍后再试。" }
    : { open: "Open support chat", close: "Close chat", away: "The chat cannot be reached right now. Please try again later." };
  const color = CSS.supports("color", option("color")) ? option("color") : "#2563c9";
  const left = option("position") === "left";
  const handlers = {};
  const waiting = []; // messages for a frame that is not ready yet
  let frame = null, ready = false, shown = false, asked = true, person, patience = 0; // asked: opened by somebody, not by the page; person: null is nobody, undefined that nothing was said

  const css = `
    :host { all: initial; }
    * { box-sizing: border-box; }
    button { position: fixed; bottom: 20px; ${left ? "left" : "right"}: 20px; z-index: 2147483000; width: 56px; height: 56px;
      padding: 0; border: 0; border-radius: 50%; background: var(--color); color: var(--on); cursor: pointer;
      display: grid; place-items: center; box-shadow: 0 4px 16px rgba(15, 23, 42, .28); transition: transform .15s; }
    button:hover { transform: scale(1.05); }
    button:focus-visible { outline: 3px solid var(--color); outline-offset: 3px; }
    svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .panel { position: fixed; bottom: 88px; ${left ? "left" : "right"}: 20px; z-index: 2147483001; width: 384px; max-width: calc(100vw - 40px);
      height: 620px; max-height: calc(100vh - 108px); max-height: calc(100dvh - 108px); border-radius: 16px; overflow: hidden;
      background: #fff; box-shadow: 0 12px 40px rgba(15, 23, 42, .28); transform-origin: bottom ${left ? "left" : "right"}; animation: rise .18s ease-out; }
    .panel[hidden] { display: none; }
    iframe { position: relative; display: block; width: 100%; height: 100%; border: 0; color-scheme: normal; }
    .loading iframe { opacity: 0; }
    .loading::before { content: ""; position: absolute; top: calc(50% - 14px); left: calc(50% - 14px); width: 28px; height: 28px;
      border: 3px solid rgba(127, 127, 127, .3); border-top-color: var(--color); border-radius: 50%; animation: turn .8s linear infinite; }
    p { margin: 0; padding: 32px 24px; font: 16px/1.5 system-ui, sans-serif; color: #1e293b; }
    @keyframes turn { to { transform: rotate(1turn); } }
    @keyframes rise { from { opacity: 0; transform: translateY(12px) scale(.98); } }
    @media (max-width: 480px), (max-height: 480px) {
      .panel { inset: 0; width: 100%; max-width: none; height: 100%; max-height: none; border-radius: 0; }
      button { z-index: 2147483002; } /* closes the panel until the frame is there, which has a button of its own */
      .open.ready button { display: none; }
    }
    @media (prefers-color-scheme: dark) { .panel { background: #161b26; } p { color: #e2e8f0; } }
    @media (prefers-reduced-motion: reduce) { .panel, .loading::before { animation: none; } button { transition: none; } }
    @media print { :host { display: none; } }`;

  const make = (name, attributes = {}, space) => {
    const element = space ? document.createElementNS(space, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const element = make("startup-assistant");
  const shadow = element.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // unlike a <style>, allowed by any Content-Security-Policy
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [sheet];
  const root = make("div");
  const button = make("button", { type: "button", "aria-expanded": "false", "aria-label": words.open, "aria-haspopup": "dialog" });
  const panel = make("div", { class: "panel", hidden: "", role: "dialog", "aria-label": option("title") || "Support" });
  const icon = make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, "http://www.w3.org/2000/svg");
  const path = make("path", {}, "http://www.w3.org/2000/svg");
  const draw = () => path.setAttribute("d", shown ? "M6 9l6 6 6-6" : "M21 12a8 8 0 0 1-8 8H4l2-3.2A8 8 0 1 1 21 12zM9 12h.01M13 12h.01M17 12h.01");
  icon.append(path); button.append(icon); root.append(panel, button); shadow.append(root); draw();
  root.style.setProperty("--color", color);
  root.style.setProperty("--on", onColor(color));

  function onColor(value) { // black or white, whichever reads better on the colour
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = value;
    const found = /^#(..)(..)(..)/.exec(probe.fillStyle);
    if (!found) return "#fff";
    const [r, g, b] = found.slice(1).map((hex) => { const c = parseInt(hex, 16) / 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b > .4 ? "#0f172a" : "#fff";
  }
  const tell = (name, detail) => (handlers[name] || []).slice().forEach((handler) => { try { handler(detail); } catch (error) { console.error(error); } });
  const send = (message) => { if (ready) frame.contentWindow.postMessage(message, host); else waiting.push(message); };

  const be = (now) => { ready = now; root.classList.toggle("ready", now); };
  const wait = (seconds) => { clearTimeout(patience); patience = setTimeout(away, seconds * 1000); };

  function load() {
    if (frame) return;
    const settings = { title: option("title"), greeting: option("greeting"), color, on: onColor(color), locale: option("locale"), questions: option("questions").split("|").filter(Boolean).slice(0, 4) };
    frame = make("iframe", { title: option("title") || "Support", src: host + "/widget?key=" + encodeURIComponent(option("key")) + "#" + encodeURIComponent(JSON.stringify(settings)),
      referrerpolicy: "origin", allow: "clipboard-write" });
    panel.className = "panel loading";
    // A page that came but says nothing was refused or is an error; one that has not come yet may be slow.
    frame.addEventListener("load", () => { if (!ready) wait(3); });
    wait(20);
    panel.replaceChildren(frame);
  }
  addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== host || !event.data) return;
    const { sa, name, detail } = event.data;
    if (sa === "ready") {
      clearTimeout(patience); be(true);
      panel.className = "panel";
      if (person !== undefined) send({ sa: "identify", person });
      waiting.splice(0).forEach(send);
      if (shown) attend();
      tell("ready");
    } else if (sa === "leaving") { be(false); panel.className = "panel loading"; wait(20); } // it is loaded anew
    else if (sa === "close") api.close();
    else if (sa === "event") tell(String(name), detail);
  });
  function away() { // the server is down, or it does not answer this page
    const note = make("p", { role: "alert" });
    note.textContent = words.away;
    panel.replaceChildren(note);
    panel.className = "panel";
    frame = null;
    console.warn("Startup Assistant: the chat did not load. Is the server up, and was the key created with --origin " + location.origin + "?");
    tell("error", { message: words.away });
  }
  const attend = () => { if (asked) { frame.focus(); send({ sa: "shown" }); } }; // whoever opens it can type at once
  function show(open, by = true) {
    if (open === shown) return;
    shown = open; asked = by;
    if (open) load();
    panel.hidden = !open;
    root.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
    button.setAttribute("aria-label", open ? words.close : words.open);
    draw();
    if (open && ready) attend();
    if (!open) button.focus({ preventScroll: true });
    tell(open ? "open" : "close");
  }
  const api = {
    open: () => show(true),
    close: () => show(false),
    toggle: () => show(!shown),
    ask: (text) => { show(true); send({ sa: "ask", text: String(text) }); },
    identify: (who) => { person = who ? { id: String(who.id || ""), name: String(who.name || ""), hash: String(who.hash || ""), time: Number(who.time) || 0, token: String(who.token || "") } : null; if (ready) send({ sa: "identify", person }); },
    on: (name, handler) => { (handlers[name] ||= []).push(handler); return () => { handlers[name] = handlers[name].filter((each) => each !== handler); }; },
  };
  button.addEventListener("click", api.toggle);
  root.addEventListener("keydown", (event) => { if (event.key === "Escape" && shown) api.close(); });

  function mount() { // again where a single-page app has replaced the body
    if (!element.isConnected) document.body.append(element);
  }
  function begin() {
    mount();
    new MutationObserver(() => { if (document.body && !element.isConnected) { clearTimeout(patience); be(false); frame = null; panel.replaceChildren(); show(false); mount(); } })
      .observe(document.documentElement, { childList: true, subtree: true });
    if (script.hasAttribute("data-open") && option("open") !== "false") show(true, false);
  }
  window.StartupAssistant = Object.freeze(api);
  if (document.body) begin(); else addEventListener("DOMContentLoaded", begin);
})();
