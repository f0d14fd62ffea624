/* Conversations: reading marks, quoting, voice notes, drafts kept on the server, live bubbles.
   Everything here has a form that does the same without script. */

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`liane:${name}`, { detail }));
const token = () => one("meta[name=csrf-token]")?.content || "";

function post(url, fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return fetch(url, {
    method: "POST", body, keepalive: true,
    headers: { "X-CSRFToken": token(), "X-Liane-Send": "1" },
  });
}

/* ------------------------------------------------------------ read marks */
const thread = () => one(".conversation[data-read]");
const last = (list) => all("[data-number]", list).reduce((most, item) => Math.max(most, Number(item.dataset.number)), 0);
let marked = 0;

async function markRead() {
  const list = thread();
  if (!list || document.visibilityState !== "visible") return;
  const upto = last(list);
  if (upto <= marked) return;
  marked = upto;
  try {
    const answer = await post(list.dataset.read, { upto });
    if (answer.ok) for (const form of all("[data-mark-read]")) form.remove();
    else marked = 0;
  } catch { marked = 0; }
}

/* ------------------------------------------------------------ bubbles that arrive */
function arrived(list) {
  for (const line of all("[data-nothing-yet]")) line.remove();
  const seen = new Set();
  for (const bubble of all(".bubble", list)) {
    if (seen.has(bubble.id)) { bubble.remove(); continue; }
    seen.add(bubble.id);
    if (bubble.dataset.author && bubble.dataset.author === document.body.dataset.user) {
      bubble.classList.add("mine");
      for (const form of all("form[action$='/vu/']", bubble)) form.remove();
    }
  }
  list.scrollTop = list.scrollHeight;
  markRead();
}

function watch(list) {
  if (!list || list.dataset.watched) return;
  list.dataset.watched = "yes";
  new MutationObserver((changes) => {
    if (changes.some((change) => change.addedNodes.length)) arrived(list);
  }).observe(list, { childList: true });
}

/* ------------------------------------------------------------ quoting */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-reply]");
  const form = one("#ecrire");
  if (!link || !form) return;
  event.preventDefault();
  link.closest("details")?.removeAttribute("open");
  const bubble = link.closest(".bubble");
  form.elements.namedItem("reply_to").value = link.dataset.reply;
  const quote = one("[data-reply-quote]", form);
  const said = one(".text", bubble)?.textContent || (one("audio", bubble) ? "message vocal" : "pièce jointe");
  quote.textContent = `${one("strong", bubble)?.textContent || ""} : ${said}`.slice(0, 160);
  one("[data-reply]", form).hidden = false;
  one("textarea", form).focus();
});

document.addEventListener("click", (event) => {
  const off = event.target.closest("[data-reply-off]");
  if (!off) return;
  cleared(off.form);
  one("textarea", off.form).focus();
});

function cleared(form) {
  const quote = one("[data-reply]", form);
  if (quote) quote.hidden = true;
  const reply = form.elements.namedItem("reply_to");
  if (reply) reply.value = "";
}

/* ------------------------------------------------------------ drafts on the server */
const DRAFT_AFTER = 1500;
const timers = new WeakMap();

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-draft-to]");
  if (!form || event.target.name !== "text") return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => {
    timers.delete(form);
    post(form.dataset.draftTo, { place: form.dataset.draftPlace, text: event.target.value }).catch(() => {});
  }, DRAFT_AFTER));
});

/* What is being sent is no draft any more. */
document.addEventListener("submit", (event) => {
  clearTimeout(timers.get(event.target));
  timers.delete(event.target);
}, true);

/* Leaving before the pause is over: what was typed is kept all the same. */
addEventListener("pagehide", () => {
  for (const form of all("form[data-draft-to]")) {
    if (!timers.has(form)) continue;
    clearTimeout(timers.get(form));
    const { value } = form.elements.namedItem("text");
    post(form.dataset.draftTo, { place: form.dataset.draftPlace, text: value }).catch(() => {});
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches?.("form[data-draft-to]")) return;
  clearTimeout(timers.get(form));
  timers.delete(form);
  if (!event.detail.successful) return;
  cleared(form);
  for (const field of all("textarea", form)) { field.value = ""; field.defaultValue = ""; }
  toTheEnd();
});

/* A refusal is shown beside the composer, never among the bubbles. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.requestConfig?.elt;
  if (!form?.matches?.("form[data-draft-to]") || event.detail.xhr.status < 400) return;
  event.detail.shouldSwap = false;
  const place = one("[role=alert]", form);
  if (place && event.detail.xhr.status < 500) {
    const fresh = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    place.replaceChildren(...fresh.body.childNodes);
  }
});

/* ------------------------------------------------------------ voice notes */
const KINDS = [["audio/webm", "webm"], ["audio/mp4", "m4a"], ["audio/ogg", "ogg"]];
let recorder = null;

async function record(button) {
  const kind = KINDS.find(([type]) => MediaRecorder.isTypeSupported(type));
  let sound;
  try { sound = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch {
    return tell("toast", { text: "Le micro n’est pas disponible : vérifiez l’autorisation du navigateur.", kind: "warning" });
  }
  const parts = [];
  recorder = new MediaRecorder(sound, kind ? { mimeType: kind[0] } : undefined);
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  recorder.addEventListener("stop", () => {
    for (const track of sound.getTracks()) track.stop();
    attach(button.form, new File(parts, `message-vocal.${kind?.[1] || "webm"}`, { type: kind?.[0] || "audio/webm" }));
    recorder = null;
    shown(button, false);
  });
  recorder.start();
  return shown(button, true);
}

function shown(button, on) {
  button.setAttribute("aria-pressed", String(on));
  one("[data-voice-label]", button).textContent = on ? "Arrêter l’enregistrement" : "Message vocal";
  tell("announce", on ? "Enregistrement en cours." : "Enregistrement joint.");
}

function attach(form, file) {
  const input = one("input[type=file][multiple]", form);
  const held = new DataTransfer();
  for (const kept of input.files) held.items.add(kept);
  held.items.add(file);
  input.files = held.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-voice]");
  if (!button) return;
  if (recorder) recorder.stop();
  else record(button);
});

/* The menu of the last message opens below what is in sight: bring it there. */
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.(".bubble .menu[open]")) return;
  one(".menu-sheet", event.target)?.scrollIntoView({ block: "nearest" });
}, true);

function draw() {
  watch(thread());
  const able = window.MediaRecorder && navigator.mediaDevices;
  for (const button of all("[data-voice]")) button.hidden = !able;
}

/* On a phone the page itself scrolls: it opens on what is newest. */
function toTheEnd() {
  const list = thread();
  if (!list || location.hash || list.scrollHeight > list.clientHeight + 4) return;
  if (new URLSearchParams(location.search).has("avant")) return;
  one("#ecrire")?.scrollIntoView({ block: "end" });
}

document.addEventListener("liane:draw", draw);
document.addEventListener("visibilitychange", markRead);
addEventListener("focus", markRead);
draw();
toTheEnd();
markRead();
