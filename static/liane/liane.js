/* What every page needs, and nothing else: no framework, no inline code, nothing evaluated.

   Other scripts and fragments speak to it by events on `document`:
     liane:announce  detail: text                  read aloud by screen readers
     liane:toast     detail: {text, kind}          shown and read (kind: "", info, warning, error)
     liane:draw      detail: element               a fragment was put in place by hand
   And by attributes:
     form[data-send-once]        carried out once: client-made `key`, no double submit, resent with the
                                 same key when the network fails
     [data-draft-key="…"]        what is typed survives a reload or a lost connection (this tab only)
     [data-opens="id"] [data-closes]   dialogs
     [data-theme-choice="light|dark|auto"]
     form[data-autosubmit]       sent when a choice changes
     [data-scroll-end]           a conversation: stays at its end
     form[data-forgets]          signing out: drafts are erased                                  */

const NO_NETWORK = "Pas de réseau : votre message partira dès que possible.";
const RETRY_EVERY = 5000;
const AWAY = [502, 503, 504];
const SIGN_IN = "/connexion";

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const tell = (name, detail) => document.dispatchEvent(
  new CustomEvent(`liane:${name}`, { detail, cancelable: true }),
);

/* ------------------------------------------------------------ words to the reader */
function announce(text) {
  const region = one("#annonces");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 50);
}

function toast(text, kind = "") {
  const shelf = one("#toasts");
  const model = one("#toast-model");
  if (!shelf || !model) return;
  const line = model.content.firstElementChild.cloneNode(true);
  if (kind) line.classList.add(kind);
  one("[data-text]", line).textContent = text;
  shelf.append(line);
  if (kind !== "error") setTimeout(() => line.remove(), 8000);
}

document.addEventListener("liane:announce", (event) => announce(event.detail));
document.addEventListener("liane:toast", (event) => toast(event.detail.text, event.detail.kind));

/* ------------------------------------------------------------ theme */
function chooseTheme(choice) {
  document.documentElement.dataset.bsTheme = choice;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `liane_theme=${choice}; path=/; max-age=31536000; samesite=lax${secure}`;
  markTheme();
}

function markTheme() {
  const now = document.documentElement.dataset.bsTheme || "auto";
  for (const button of all("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === now));
  }
}

/* ------------------------------------------------------------ drafts: this tab only, erased when sent */
const draftName = (field) => `liane:draft:${document.body.dataset.user || ""}:${field.dataset.draftKey}`;
const keyInput = (form) => form && form.elements.namedItem("key");

function readDraft(field) {
  try { return JSON.parse(sessionStorage.getItem(draftName(field))); } catch { return null; }
}

function saveDraft(field) {
  const name = draftName(field);
  try {
    if (!field.value.trim()) return sessionStorage.removeItem(name);
    const key = keyInput(field.form)?.value || "";
    sessionStorage.setItem(name, JSON.stringify({ text: field.value, key }));
  } catch { /* the storage is full or refused: the text stays in the page */ }
}

function restoreDraft(field) {
  if (field.dataset.draftReady) return;
  field.dataset.draftReady = "yes";
  const draft = readDraft(field);
  if (!draft || field.value.trim()) return;
  field.value = draft.text;
  const key = keyInput(field.form);
  if (key && draft.key) key.value = draft.key;
  const note = document.createElement("p");
  note.className = "draft-note";
  note.textContent = "Brouillon retrouvé.";
  field.after(note);
  field.addEventListener("input", () => note.remove(), { once: true });
}

function forgetDrafts(form) {
  for (const field of all("[data-draft-key]", form)) {
    try { sessionStorage.removeItem(draftName(field)); } catch { /* nothing was kept */ }
  }
}

/* ------------------------------------------------------------ sending once */
const newKey = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const now = Date.now();
  for (let i = 0; i < 6; i += 1) bytes[i] = Math.floor(now / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
};

const isOnce = (form) => form instanceof HTMLFormElement && form.hasAttribute("data-send-once");
const byHtmx = (form) => form.hasAttribute("hx-post") || form.hasAttribute("data-hx-post");
const waiting = new Map();

function giveKey(form, fresh = false) {
  let input = keyInput(form);
  if (!input) {
    input = Object.assign(document.createElement("input"), { type: "hidden", name: "key" });
    form.append(input);
  }
  if (fresh || !input.value) input.value = newKey();
}

function sendState(form, text) {
  let line = one(".send-state", form);
  if (!line) {
    line = document.createElement("p");
    line.className = "send-state whole";
    line.append(document.createElement("span"));
    const again = Object.assign(document.createElement("button"), {
      type: "button", className: "linkbtn", textContent: "Réessayer maintenant",
    });
    again.addEventListener("click", () => retry(form));
    line.append(again);
    form.append(line);
  }
  line.hidden = !text;
  if (text) {
    line.firstElementChild.textContent = text;
    announce(text);
  }
}

/* The second click of a double click finds the field already emptied: nothing to send. */
function isEmpty(form) {
  const typed = all("[data-draft-key]", form);
  if (!typed.length || typed.some((field) => field.value.trim())) return false;
  return !all("input[type=file]", form).some((field) => field.files.length);
}

/* The fields may no longer change: what is resent with this key must be what was sent. */
function hold(form, held) {
  for (const field of all("textarea, input:not([type=hidden])", form)) {
    if ("readOnly" in field) field.readOnly = held;
  }
}

function busy(form, on) {
  if (on) form.setAttribute("aria-busy", "true");
  else form.removeAttribute("aria-busy");
}

function failed(form) {
  busy(form, false);
  hold(form, true);
  sendState(form, NO_NETWORK);
  if (!waiting.has(form)) waiting.set(form, setInterval(() => retry(form), RETRY_EVERY));
}

function settle(form) {
  clearInterval(waiting.get(form));
  waiting.delete(form);
  busy(form, false);
  hold(form, false);
  sendState(form, "");
}

function sent(form) {
  settle(form);
  forgetDrafts(form);
  if (!form.isConnected) return;
  form.reset();
  giveKey(form, true);
  for (const list of all("[data-files-list]", form)) list.textContent = "";
  announce("Envoyé.");
}

function retry(form) {
  if (!form.isConnected) return settle(form);
  if (form.getAttribute("aria-busy") || !navigator.onLine) return undefined;
  if (byHtmx(form)) return window.htmx.trigger(form, "submit");
  return send(form, null);
}

/* By attribute: a button without formaction says the page's own address, an input may be named action. */
function addressOf(form, button) {
  return button?.getAttribute("formaction") || form.getAttribute("action") || location.href;
}

async function send(form, button) {
  busy(form, true);
  tell("sending", form);
  const body = new FormData(form);
  if (button?.name) body.append(button.name, button.value);
  let answer = null;
  try {
    answer = await fetch(addressOf(form, button), {
      method: "POST", body, headers: { "X-Liane-Send": "1" }, redirect: "follow",
    });
  } catch { /* no network: as an answer that did not come */ }
  if (!answer || AWAY.includes(answer.status)) {
    tell("answered", { form, arrived: false });
    return failed(form);
  }
  settle(form);
  const next = answer.headers.get("X-Liane-Location");
  const arrived = Boolean(next) && new URL(next, location.href).pathname !== SIGN_IN;
  if (arrived) forgetDrafts(form);
  if (!tell("answered", { form, arrived })) return undefined;
  if (next) return leave(form, new URL(next, location.href));
  if (answer.status >= 500) return troubled(answer.status);
  return showAnswer(await answer.text(), answer.status);
}

/* The form stays busy: nothing is to be touched in a page that goes away. */
function leave(form, target) {
  if (target.origin !== location.origin) return;
  busy(form, true);
  if (tell("leaving", () => follow(target))) follow(target);
}

function follow(target) {
  const here = target.pathname === location.pathname && target.search === location.search;
  if (here && target.hash) location.hash = target.hash;
  if (here) location.reload();
  else location.assign(target.href);
}

/* A form that came back with errors, or a refusal: only the page's own part changes. */
function showAnswer(html, status) {
  const main = one("main");
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("main");
  if (!fresh) return troubled(status);
  main.replaceChildren(...fresh.childNodes);
  window.htmx?.process(main);
  draw(main);
  const wrong = one("[aria-invalid=true], .error", main);
  if (wrong) {
    wrong.scrollIntoView({ block: "center" });
    wrong.focus?.();
  }
  announce(wrong ? "À corriger avant d’envoyer." : document.title);
}

function troubled(status) {
  const words = {
    403: "Vous n’avez pas ce droit ici, ou la page est restée ouverte trop longtemps : rechargez-la.",
    404: "Ce n’est plus là, ou plus à vous.",
    409: "Quelqu’un l’a modifié entre-temps : rechargez la page pour voir sa version.",
    413: "Ce fichier est trop lourd.",
    429: "Trop d’essais à la suite : attendez un instant.",
  };
  toast(words[status] || "Le service n’a pas pu répondre. Rien de ce que vous avez écrit n’est perdu : réessayez.", "error");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("data-forgets")) sessionStorage.clear();
  if (!isOnce(form) || byHtmx(form) || form.method === "dialog") return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") || waiting.has(form) || isEmpty(form)) return;
  giveKey(form);
  send(form, event.submitter);
});

/* ------------------------------------------------------------ htmx */
document.addEventListener("htmx:configRequest", (event) => {
  const token = one("meta[name=csrf-token]")?.content;
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token;
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!isOnce(form)) return;
  if (form.getAttribute("aria-busy") || isEmpty(form)) return event.preventDefault();
  busy(form, true);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (!isOnce(form)) return;
  busy(form, false);
  if (event.detail.successful) sent(form);
  else if (event.detail.xhr.status && !AWAY.includes(event.detail.xhr.status)) settle(form);
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (isOnce(event.detail.elt)) failed(event.detail.elt);
    else toast("Pas de réseau : réessayez dans un instant.", "warning");
  });
}

document.addEventListener("htmx:responseError", (event) => {
  const { elt, xhr } = event.detail;
  if (isOnce(elt) && AWAY.includes(xhr.status)) return failed(elt);
  if (xhr.status === 401) return location.reload();
  return troubled(xhr.status);
});

document.addEventListener("htmx:afterSettle", (event) => {
  draw(event.detail.elt);
  const host = event.detail.elt.closest?.("dialog");
  if (host && !host.open && host.dataset.auto !== undefined) host.showModal();
});

/* ------------------------------------------------------------ dialogs and menus */
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog) {
      event.preventDefault();
      opener.closest("details.menu")?.removeAttribute("open");
      dialog.showModal();
      one("[autofocus], input:not([type=hidden]), textarea, select", dialog)?.focus();
      return;
    }
  }
  if (event.target.closest("[data-closes]")) shut(event.target.closest("dialog, .toast-line"));
  if (event.target instanceof HTMLDialogElement && event.target.classList.contains("dialog")) event.target.close();
  const theme = event.target.closest("[data-theme-choice]");
  if (theme) chooseTheme(theme.dataset.themeChoice);
  for (const menu of all("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
});

function shut(thing) {
  if (thing instanceof HTMLDialogElement) thing.close();
  else thing?.remove();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of all("details.menu[open]")) {
      menu.removeAttribute("open");
      one("summary", menu)?.focus();
    }
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("form[data-send-once]")) {
    event.preventDefault();
    event.target.form?.requestSubmit();
  }
});

/* ------------------------------------------------------------ typing and choosing */
document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-draft-key]")) saveDraft(event.target);
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.form?.hasAttribute("data-autosubmit")) field.form.requestSubmit();
});

/* ------------------------------------------------------------ network */
function showNetwork() {
  const line = one("#hors-ligne");
  if (line) line.hidden = navigator.onLine;
  if (navigator.onLine) for (const form of waiting.keys()) retry(form);
}
addEventListener("online", showNetwork);
addEventListener("offline", showNetwork);
addEventListener("beforeunload", (event) => { if (waiting.size) event.preventDefault(); });

/* ------------------------------------------------------------ a page, or a fragment, is there */
/* A fragment pushed by the live stream was drawn for nobody's session: its forms get ours. */
function vouch(form) {
  const token = one("meta[name=csrf-token]")?.content;
  if (!token || form.method !== "post" || form.elements.namedItem("csrfmiddlewaretoken")) return;
  form.append(Object.assign(document.createElement("input"), {
    type: "hidden", name: "csrfmiddlewaretoken", value: token,
  }));
}

function draw(root) {
  const within = (selector) => [...(root.matches?.(selector) ? [root] : []), ...all(selector, root)];
  for (const form of within("form")) vouch(form);
  for (const form of within("form[data-send-once]")) giveKey(form);
  for (const field of within("[data-draft-key]")) restoreDraft(field);
  for (const list of within("[data-scroll-end]")) list.scrollTop = list.scrollHeight;
}

/* The tab of the present page is in sight, even among many on a phone. */
function showTab() {
  const tab = one(".tabs [aria-current]");
  const row = tab?.closest(".tabs");
  if (row) row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}

document.addEventListener("liane:draw", (event) => draw(event.detail));
draw(document);
markTheme();
showTab();
showNetwork();
tell("ready");
