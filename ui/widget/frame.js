/* The widget's frame: asks /v1/widget for answers and shows them. Every text becomes a text node; nothing is parsed as HTML. */
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const WORDS = {
    en: { title: "Support", greeting: "Hi! What can I help you with?", hello: "Hi {name}! What can I help you with?", box: "Ask a question", send: "Send", stop: "Stop",
      close: "Close chat", again: "Start again", back: "Back to the chat", note: "Answers come from our help pages and can be incomplete.", writing: "Writing an answer…",
      offline: "You are offline. Messages can be sent again once you are back.", failed: "That did not work. Please try again.", often: "That was a lot at once. Please try again in {n} s.", idle: "This chat was idle for too long.", retry: "Try again",
      sources: "Sources", source: "Source {n}: {title}", you: "You: ", me: "Answer: ", stopped: "Stopped.", empty: "I have no answer to that.",
      person: "Talk to a person", about: "Leave your e-mail address. We get this conversation and write back to you.", email: "E-mail address", note_box: "Anything else? (optional)", hand: "Send",
      handed: "Thank you. A person will write to {email}.", wrong_email: "Please check the e-mail address.", good: "Helpful", bad: "Not helpful", why: "What was wrong? (optional)", thanks: "Thank you." },
    zh: { title: "客服", greeting: "您好!请问有什么可以帮您?", hello: "{name},您好!请问有什么可以帮您?", box: "请输入您的问题", send: "发送", stop: "停止",
      close: "关闭对话", again: "重新开始", back: "返回对话", note: "答案来自我们的帮助文档,可能不完整。", writing: "正在回答…",
      offline: "您已离线,恢复连接后即可继续。", failed: "出错了,请再试一次。", often: "提问太频繁了,请 {n} 秒后再试。", idle: "对话已超时。", retry: "重试",
      sources: "来源", source: "来源 {n}:{title}", you: "您:", me: "回答:", stopped: "已停止。", empty: "我没有找到答案。",
      person: "转人工", about: "请留下您的邮箱。我们会收到这段对话并回复您。", email: "邮箱", note_box: "还有什么要补充?(可选)", hand: "提交",
      handed: "谢谢!我们会发邮件到 {email}。", wrong_email: "请检查邮箱地址。", good: "有帮助", bad: "没有帮助", why: "哪里不对?(可选)", thanks: "谢谢!" },
  };
  const settings = read(() => JSON.parse(decodeURIComponent(location.hash.slice(1)))) || {};
  const locale = settings.locale || navigator.language || "en";
  const say = /^zh/i.test(locale) ? WORDS.zh : WORDS.en;
  const key = new URLSearchParams(location.search).get("key") || "";
  const store = "startup-assistant " + key.slice(0, 12);
  let token = document.querySelector("meta[name=token]").content;
  let thread = null, running = null, name = "", returnTo = null, answers = 0; // answers of the thread that can be rated
  let unsure = false; // whether that number is right
  let leaving = false, fresh = false; // the frame is about to be loaded anew; it just was, to ask again
  const again = []; // the questions to ask again then
  let visiting = true; // nothing was said in this tab yet
  let identified; // called once the page around has said who the visitor is
  const introduced = new Promise((resolve) => { identified = resolve; });

  /* One thing after the other: the conversation of the page before, who the visitor is, questions. */
  let queue = Promise.resolve();
  const inTurn = (work) => (queue = queue.then(work, work));
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  function read(make) { try { return make(); } catch { return null; } }
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }
  const parentSays = (message) => { if (parent !== window) parent.postMessage(message, "*"); }; // holds no secret
  const tell = (event, detail) => parentSays({ sa: "event", name: event, detail });
  const keep = () => read(() => sessionStorage.setItem(store, JSON.stringify({ token, thread }))); // this tab, this visit

  /* Safe Markdown: paragraphs, headings, lists, quotes, tables, code, bold, italics, links, and [1] marks that open their
     passage. An address leads somewhere where a cited passage or the site itself names it; one that a model made up may
     carry away what was said. */
  const OWN = new Map(); // cited in words of the site's own
  const named = (address, citations) => citations === OWN || [...citations.values()].some((each) => (String(each.text).match(ADDRESS) ?? []).includes(address));
  const ADDRESS = /https?:\/\/[^\s<>()]+[^\s<>().,;:!?]/g; // whole ones: https://acme.co is not what https://acme.com/help names
  const INLINE = /\*\*([^*]+)\*\*|(?<!`)(`+)(?!`)(.+?)(?<!`)\2(?!`)|(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])|\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)|\[(\d{1,2})\]|(https?:\/\/[^\s<>()]+[^\s<>().,;:!?])/g;
  function inline(text, into, citations) {
    let at = 0;
    for (const found of text.matchAll(INLINE)) {
      into.append(text.slice(at, found.index));
      const [whole, bold, , code, italic, label, address, number, bare] = found;
      if (bold) { const strong = make("strong"); inline(bold, strong, citations); into.append(strong); }
      else if (code) into.append(make("code", {}, code.trim() || code));
      else if (italic) into.append(make("em", {}, italic));
      else if (label) into.append(named(address, citations) ? link(address, label) : whole);
      else if (bare) into.append(named(bare, citations) ? link(bare, bare) : whole);
      else into.append(citations.has(+number) ? mark(citations.get(+number)) : whole);
      at = found.index + whole.length;
    }
    into.append(text.slice(at));
  }
  const link = (address, label) => make("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, label);
  function mark(citation) {
    const title = citation.title || citation.source;
    const button = make("button", { type: "button", class: "cite", "aria-label": say.source.replace("{n}", citation.number).replace("{title}", title) }, String(citation.number));
    button.addEventListener("click", () => openPassage(citation, button));
    return button;
  }
  function render(text, into, citations) {
    into.replaceChildren();
    blocks(text.split("\n"), into, citations);
  }
  const ITEM = /^(\s*)(?:[-*•]|(\d+)[.)])\s+(.*)/, FENCE = /^\s*(`{3,}(?=[^`]*$)|~{3,})/, QUOTED = /^(?:\s*> ?)+/, ROW = /^\s*\|(.*)\|\s*$/;
  function blocks(lines, into, citations) {
    let lists = [], table = null; // the open lists, outermost first: {list, indent}
    const lineOf = (tag, words, box) => { const element = make(tag); inline(words, element, citations); box.append(element); return element; };
    const run = (at, ends) => { let end = at; while (end < lines.length && !ends(lines[end])) end++; return end; }; // lines that belong together
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at], item = ITEM.exec(line), cells = ROW.exec(line), fence = FENCE.exec(item ? item[3] : line);
      if (!cells) table = null;
      if (!line.trim()) continue;
      const indent = line.search(/\S/);
      while (lists.length && lists[lists.length - 1].indent > indent - (item ? 0 : 1)) lists.pop(); // what stands deeper belongs to the item
      const above = lists[lists.length - 1];
      let box = above ? above.list.lastElementChild : into;
      if (item) {
        const kind = item[2] ? "OL" : "UL", deeper = above && indent > above.indent + 1;
        let list = above && !deeper && above.list.tagName === kind && above.list;
        if (!list) {
          if (above && !deeper) lists.pop();
          list = make(kind, item[2] && item[2] !== "1" ? { start: item[2] } : {});
          (above && !deeper ? above.list.parentNode : box).append(list);
          lists.push({ list, indent });
        }
        box = lineOf("li", fence ? "" : item[3], list);
      }
      if (fence) {
        const closed = new RegExp("^\\s*" + fence[1][0] + "{" + fence[1].length + ",}\\s*$");
        const end = run(at + 1, (each) => closed.test(each));
        const margin = item ? line.indexOf(fence[1]) : indent;
        const code = lines.slice(at + 1, end).map((each) => each.slice(Math.min(margin, Math.max(0, each.search(/\S/)))));
        box.append(make("pre", {}, make("code", {}, code.join("\n"))));
        at = end;
      } else if (item) continue;
      else if (QUOTED.test(line)) {
        const end = run(at, (each) => !QUOTED.test(each)), quote = make("blockquote");
        blocks(lines.slice(at, end).map((each) => each.replace(QUOTED, "")), quote, citations);
        box.append(quote);
        at = end - 1;
      } else if (cells) {
        if (!table) { table = make("table"); box.append(table); }
        if (/^[\s|:-]+$/.test(cells[1])) continue;
        const row = make("tr");
        for (const cell of cells[1].split("|")) lineOf(table.rows.length ? "td" : "th", cell.trim(), row);
        table.append(row);
      } else {
        const heading = /^\s*#{1,6}\s+(.*)/.exec(line);
        if (heading) { const paragraph = make("p"); lineOf("strong", heading[1], paragraph); box.append(paragraph); } else lineOf("p", line.trim(), box);
      }
    }
  }

  /* The conversation */
  const log = $("log");
  const nearEnd = () => end() - log.scrollTop < 80;
  const toEnd = () => { log.scrollTop = end(); };
  function end() { // never past the question: a long answer is read from its beginning
    const questions = log.querySelectorAll(".user");
    const top = questions.length ? questions[questions.length - 1].offsetTop - log.offsetTop - 12 : Infinity;
    return Math.min(log.scrollHeight - log.clientHeight, top);
  }
  const put = (element) => log.insertBefore(element, log.querySelector(".waiting")); // above the questions whose turn has not come
  const asked = () => log.querySelector(".user:not(.waiting)");
  function bubble(role, text = "", waits = false) {
    const body = make("div", { class: "text", dir: "auto" });
    const element = make("div", { class: "said " + role + (waits ? " waiting" : "") }, make("span", { class: "unseen" }, role === "user" ? say.you : say.me), body);
    if (role === "user") body.textContent = text;
    if (waits) log.append(element); else put(element);
    toEnd();
    return { element, body };
  }
  function sources(element, citations) {
    if (!citations.size) return;
    const list = make("ul", { class: "sources", "aria-label": say.sources });
    const documents = Map.groupBy ? Map.groupBy(citations.values(), (each) => each.source) : new Map([...citations.values()].map((each) => [each.source, [each]]));
    for (const cited of documents.values()) {
      const title = cited[0].title || cited[0].source;
      const button = make("button", { type: "button", class: "source", title }, make("span", {}, title));
      button.addEventListener("click", () => openPassage(cited[0], button));
      list.append(make("li", {}, ...cited.map(mark), button));
    }
    element.append(list);
  }
  function choices(options) {
    if (!options || !options.length) return;
    const row = make("div", { class: "choices" });
    for (const option of options.slice(0, 4)) {
      const button = make("button", { type: "button", dir: "auto" }, String(option));
      button.addEventListener("click", () => ask(String(option)));
      row.append(button);
    }
    put(row);
  }
  function greet() {
    const { body } = bubble("assistant");
    render(name && !settings.greeting ? say.hello.replace("{name}", name) : settings.greeting || say.greeting, body, OWN);
    choices(settings.questions);
  }
  const THUMB = "M7 10v10H4V10zM7 11l4-7a2 2 0 0 1 3 2l-1 4h5a2 2 0 0 1 2 2.4l-1.3 6A2 2 0 0 1 16.7 20H7";
  function thumbs(element, number, of = thread) { // below an answer that is kept
    const row = make("div", { class: "thumbs" });
    const buttons = [true, false].map((good) => {
      const space = "http://www.w3.org/2000/svg";
      const icon = document.createElementNS(space, "svg"), path = document.createElementNS(space, "path");
      for (const [key, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"]]) icon.setAttribute(key, value);
      path.setAttribute("d", THUMB);
      if (!good) path.setAttribute("transform", "rotate(180 12 12)");
      icon.append(path);
      const button = make("button", { type: "button", "aria-pressed": "false", "aria-label": good ? say.good : say.bad, title: good ? say.good : say.bad }, icon);
      button.addEventListener("click", () => rate(good));
      row.append(button);
      return button;
    });
    element.append(row);
    function rate(good) {
      const before = buttons.map((button) => button.getAttribute("aria-pressed"));
      const undo = before[good ? 0 : 1] === "true";
      const press = (pressed) => buttons.forEach((button, place) => button.setAttribute("aria-pressed", pressed[place]));
      press([true, false].map((each) => String(!undo && each === good)));
      element.querySelectorAll(".reason").forEach((each) => each.remove());
      post("/v1/widget/feedback", { thread: of, answer: number, good: undo ? null : good }).catch((error) => {
        press(before); // it was not noted
        element.querySelectorAll(".reason").forEach((each) => each.remove());
        element.append(make("div", { class: "reason", role: "status" }, understood(error)));
      });
      if (!undo && !good) askWhy(element, number, of);
    }
  }
  function askWhy(element, number, of) {
    const box = make("input", { "aria-label": say.why, placeholder: say.why, maxlength: "500", dir: "auto" });
    const form = make("form", { class: "reason" }, box, make("button", { type: "submit" }, say.hand));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const kept = await post("/v1/widget/feedback", { thread: of, answer: number, good: false, reason: box.value }).catch(() => null);
      const told = make("span", { role: "status", tabindex: "-1" }, kept ? say.thanks : say.failed);
      form.replaceChildren(told);
      told.focus(); // the keyboard goes on from here
    });
    element.append(form);
    box.focus();
  }

  function ask(text) {
    text = text.trim();
    if (!text) return;
    log.querySelectorAll(".choices").forEach((row) => row.remove());
    const { element } = bubble("user", text, true); // seen at once, whatever its turn waits for
    inTurn(() => {
      if (leaving) return anew(text); // it is asked once the frame is there again
      log.querySelectorAll(".choices").forEach((row) => row.remove());
      element.classList.remove("waiting");
      $("again").hidden = false;
      tell("message", { text });
      return answer(text);
    });
  }
  async function answer(text) {
    const control = running = new AbortController();
    busy(true);
    const { element, body } = bubble("assistant");
    body.append(make("span", { class: "dots", role: "img", "aria-label": say.writing }, make("i"), make("i"), make("i")));
    const citations = new Map();
    let said = "", options = [], problem = "", drawn = false, whole = false;
    log.setAttribute("aria-busy", "true"); // read out once it is whole, not letter by letter
    const draw = () => { drawn = false; const follow = nearEnd(); render(said, body, citations); if (follow) toEnd(); };
    try {
      await stream("/v1/widget/messages", { message: text, thread }, control.signal, (event) => {
        if (event.kind === "begun") { thread = event.thread; keep(); }
        else if (event.kind === "token") { said += event.text; if (!drawn) { drawn = true; requestAnimationFrame(draw); } }
        else if (event.kind === "citation") citations.set(event.number, event);
        else if (event.kind === "choices") options = event.options;
        else if (event.kind === "failed") problem = readable(event.message) || say.failed;
        else if (event.kind === "done") { thread = event.thread; token = event.token; whole = true; fresh = false; keep(); }
      });
      if (!said && !problem) said = say.empty;
    } catch (error) {
      if (error.status === 401 && !fresh) return anew(text); // after hours without a word the visit is over
      problem = error.name === "AbortError" ? say.stopped : understood(error);
    }
    if (!problem && !whole) problem = say.failed; // the connection ended too early
    draw();
    const follow = nearEnd();
    if (problem) { unsure = true; fail(element, body, problem, text); }
    else { sources(element, used(said, citations)); await number(element); choices(options); tell("answer", { text: said }); }
    running = null;
    log.setAttribute("aria-busy", "false");
    busy(false);
    if (follow) toEnd();
  }
  async function number(element) { // what was stopped or broken off may stand on the server as an answer or not
    if (unsure) {
      const messages = await history(thread).catch(() => null);
      if (!messages) return;
      answers = messages.filter(rated).length - 1;
      unsure = false;
    }
    thumbs(element, answers++);
  }
  const rated = ({ role, stopped }) => role === "assistant" && !stopped;
  const used = (text, citations) => new Map([...citations].filter(([number]) => text.includes("[" + number + "]")));
  function fail(element, body, problem, text) {
    element.classList.add("wrong");
    body.append(make("p", {}, problem));
    const button = make("button", { type: "button", class: "retry" }, say.retry);
    button.addEventListener("click", () => { element.remove(); inTurn(() => answer(text)); });
    element.append(button);
    tell("error", { message: problem });
  }
  async function call(path, options = {}) {
    const signal = AbortSignal.timeout && AbortSignal.timeout(20000); // what comes after it waits for it
    const response = await fetch(path, { signal, ...options, credentials: "omit", cache: "no-store", headers: { Authorization: "Bearer " + token, ...options.headers } });
    if (response.ok) return response;
    const error = new Error("HTTP " + response.status);
    const body = await response.json().catch(() => null);
    error.status = response.status;
    error.told = (body && body.error && body.error.message) || ""; // for the page's makers; in English
    error.said = { 401: say.idle, 429: say.often.replace("{n}", response.headers.get("Retry-After") || 60) }[response.status] || readable(error.told);
    throw error;
  }
  const readable = (message) => (say === WORDS.en || /\p{Script=Han}/u.test(message) ? message : "");
  const understood = (error) => error.said || (navigator.onLine ? say.failed : say.offline);
  const post = async (path, message) => (await call(path, { method: "POST", body: JSON.stringify(message), headers: { "Content-Type": "application/json" } })).json();
  async function stream(path, message, signal, take) {
    const send = () => call(path, { method: "POST", signal, body: JSON.stringify(message), headers: { "Content-Type": "application/json" } });
    const later = (error) => { if (error.status !== 409) throw error; return pause(700).then(send); }; // the answer before is just being stopped
    const response = await send().catch(later).catch(later).catch(later);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let held = ""; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (held + value).split("\n");
      held = lines.pop();
      for (const line of lines) if (line.startsWith("data: ")) take(JSON.parse(line.slice(6)));
    }
  }

  /* A cited passage in its document */
  async function openPassage(citation, from) {
    returnTo = from;
    $("source").textContent = citation.title || citation.source;
    const page = $("document");
    page.textContent = citation.text;
    $("passage").hidden = false;
    $("back").focus();
    try {
      const found = await (await call("/v1/widget/passages/" + encodeURIComponent(citation.passage))).json();
      if (found.title) $("source").textContent = found.title;
      showDocument(page, found);
    } catch { /* the passage itself is shown already */ }
  }
  function showDocument(page, { text, start, end }) {
    // Offsets count characters, as Python does; JavaScript's strings count UTF-16 units.
    const letters = Array.from(text);
    const from = letters.slice(0, start).join("").length, to = letters.slice(0, end).join("").length;
    page.replaceChildren();
    let at = 0;
    for (const line of text.split("\n")) {
      const [, hashes, rest] = /^(#{0,6}\s+)?(.*)$/s.exec(line);
      const begin = at + line.length - rest.length, finish = at + line.length;
      const row = make("div", { class: hashes && hashes.includes("#") ? "h h" + hashes.trim().length : rest.trim() ? "line" : "gap" });
      const low = Math.max(from, begin), high = Math.min(to, finish);
      if (low < high) row.append(plain(text.slice(begin, low)), make("mark", {}, plain(text.slice(low, high))), plain(text.slice(high, finish)));
      else row.append(plain(rest));
      page.append(row);
      at += line.length + 1;
    }
    const first = page.querySelector("mark");
    if (first) first.scrollIntoView({ block: "center" });
  }
  const plain = (text) => text.replace(/\*\*/g, "").replace(/^(\s*)[-*] /, "$1• ");
  function closePassage() {
    $("passage").hidden = true;
    if (returnTo && returnTo.isConnected) returnTo.focus();
  }

  /* A person instead */
  function openHandoff() {
    $("handoff").hidden = false;
    $("handoff-wrong").textContent = "";
    $("email").focus();
  }
  function closeHandoff() { $("handoff").hidden = true; $("person").focus(); }
  $("person").addEventListener("click", openHandoff);
  $("handoff-back").addEventListener("click", closeHandoff);
  $("handoff-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const email = $("email").value.trim();
    if (!email || !$("email").checkValidity()) { $("handoff-wrong").textContent = say.wrong_email; $("email").focus(); return; }
    $("handoff-send").disabled = true;
    try {
      await post("/v1/widget/handoff", { email, message: $("note-box").value, thread });
      $("note-box").value = "";
      closeHandoff();
      render(say.handed.replace("{email}", email), bubble("assistant").body, new Map());
      tell("handoff", {});
    } catch (error) { $("handoff-wrong").textContent = understood(error); }
    $("handoff-send").disabled = false;
  });
  for (const [section, close] of [["handoff", closeHandoff]]) // the keyboard stays inside while it is open
    $(section).addEventListener("keydown", (event) => {
      const stops = [...$(section).querySelectorAll("button, input, textarea")];
      const last = event.shiftKey ? 0 : stops.length - 1;
      if (event.key === "Tab" && document.activeElement === stops[last]) { event.preventDefault(); stops[stops.length - 1 - last].focus(); }
      if (event.key === "Escape") { event.stopPropagation(); close(); }
    });

  /* The form */
  const box = $("box"), send = $("send");
  function fit() { box.style.height = "auto"; box.style.height = Math.min(box.scrollHeight, 122) + "px"; send.disabled = !running && !box.value.trim(); }
  function busy(on) {
    send.classList.toggle("busy", on);
    send.setAttribute("aria-label", on ? say.stop : say.send);
    fit();
  }
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (running) { running.abort(); return; }
    const text = box.value;
    box.value = "";
    fit();
    ask(text);
    box.focus();
  });
  box.addEventListener("input", fit);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !running) { event.preventDefault(); $("form").requestSubmit(); }
  });
  $("close").addEventListener("click", () => parentSays({ sa: "close" }));
  $("back").addEventListener("click", closePassage);
  $("passage").addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return; // two stops: the button and the document
    event.preventDefault();
    (document.activeElement === $("back") ? $("document") : $("back")).focus();
  });
  function clear() {
    if (running) running.abort();
    $("again").hidden = true;
    wipe();
  }
  function wipe() { log.replaceChildren(...log.querySelectorAll(".waiting")); greet(); }
  function forget() { thread = null; answers = 0; unsure = false; keep(); }
  $("again").addEventListener("click", () => {
    if (running) running.abort();
    inTurn(() => { forget(); clear(); });
    box.focus();
  });
  function anew(question) { // another visit: nobody is known, nothing was said; the page around says again who it is
    if (question) again.push(question);
    else again.length = 0; // whoever asked has left, and whoever comes next is not to read it
    read(() => sessionStorage.setItem(store, JSON.stringify({ questions: again, known: Boolean(fields(token)[3]) })));
    if (leaving) return;
    leaving = true;
    parentSays({ sa: "leaving" });
    location.reload();
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if ($("passage").hidden) parentSays({ sa: "close" }); else closePassage();
  });
  const network = () => { $("offline").hidden = navigator.onLine; };
  addEventListener("online", network);
  addEventListener("offline", network);

  /* The page around */
  addEventListener("message", (event) => {
    if (event.source !== parent || !event.data) return;
    const { sa, text, person } = event.data;
    if (sa === "ask" && typeof text === "string") ask(text);
    else if (sa === "shown") { if (!matchMedia("(pointer: coarse)").matches) box.focus(); } // a phone's keyboard would hide the greeting
    else if (sa === "identify") {
      // A name is for the greeting and no more; who it is counts only as the site has signed it.
      name = String((person && person.name) || "").slice(0, 60);
      if (log.childElementCount <= 2 && !asked()) wipe();
      if (!person && fields(token)[3] && running) running.abort();
      inTurn(() => {
        if (person && (person.hash || person.token)) return identify(person);
        if (!person && fields(token)[3]) anew();
      });
      identified();
    }
  });

  const fields = (held) => read(() => JSON.parse(atob(held.split(".")[0].replace(/-/g, "+").replace(/_/g, "/")))) || [];
  async function identify({ id, hash, time, token: signed }) {
    try {
      const [, visitor, , somebody] = fields(token);
      const made = await post("/v1/widget/identify", signed ? { token: signed } : { id, hash, time });
      token = made.token;
      if (fields(token)[1] !== visitor) { // what was said before belongs to nobody known
        if (somebody) clear(); // or to somebody else, who is not to be read
        log.querySelectorAll(".thumbs, .reason").forEach((each) => each.remove());
        forget();
        if (made.thread && visiting && !asked()) await show(made.thread).catch(() => {}); // what they said on their last visit
      }
      visiting = false;
      keep();
      tell("identified", { id: id || fields(token)[3] });
    } catch (error) { tell("error", { message: error.told || understood(error) }); }
  }
  async function begin() {
    document.documentElement.lang = /^zh/i.test(locale) ? "zh" : "en";
    if (/^(ar|he|fa|ur)\b/i.test(locale)) document.documentElement.dir = "rtl";
    for (const [name, value] of [["--accent", settings.color], ["--on", settings.on]])
      if (value && CSS.supports("color", value)) document.documentElement.style.setProperty(name, value);
    $("title").textContent = document.title = settings.title || say.title;
    for (const [id, label] of [["close", say.close], ["again", say.again], ["back", say.back], ["handoff-back", say.back], ["person", say.person]]) { $(id).setAttribute("aria-label", label); $(id).title = label; }
    $("boxlabel").textContent = box.placeholder = say.box;
    $("note").textContent = say.note;
    for (const [id, words] of [["handoff-title", say.person], ["handoff-about", say.about], ["email-label", say.email], ["note-label", say.note_box], ["handoff-send", say.hand]]) $(id).textContent = words;
    $("offline").textContent = say.offline;
    $("close").hidden = parent === window;
    busy(false);
    network();
    greet();
    inTurn(resume);
    parentSays({ sa: "ready" });
    if (parent === window || document.hasFocus()) box.focus();
  }
  async function resume() { // the conversation of this visit, on the next page of the site
    const kept = read(() => JSON.parse(sessionStorage.getItem(store)));
    if (!kept) return;
    visiting = !("thread" in kept);
    if (kept.questions && kept.questions.length) {
      fresh = true;
      // Who was known is introduced again first, as the page around does right after this.
      (kept.known ? Promise.race([introduced, pause(2000)]) : Promise.resolve()).then(() => { kept.questions.forEach(ask); keep(); });
    }
    if (!kept.thread) return;
    const before = token;
    token = kept.token;
    await show(kept.thread).catch(() => { token = before; visiting = true; }); // it is over: to who is known, the last one is shown
  }
  const history = async (of) => (await (await call("/v1/widget/messages?thread=" + encodeURIComponent(of))).json()).messages;
  async function show(kept) {
    const messages = await history(kept);
    thread = kept;
    for (const message of messages) {
      const { role, text, citations } = message;
      const cited = new Map(citations.map((each) => [each.number, each]));
      const { element, body } = bubble(role, text);
      if (role === "user") continue;
      render(text, body, cited);
      sources(element, used(text, cited));
      if (rated(message)) thumbs(element, answers++);
    }
    $("again").hidden = !messages.length;
    toEnd();
  }
  begin();
})();
