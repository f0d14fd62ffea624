/* Live pages: one stream for all the tabs of a browser, fragments put in place as they come.

   <body data-live-key="…" data-live-since="…">   whose stream, and when this page was drawn (ms)
   [data-live="thread:<id> person:<id>"]          shows what comes for these targets
   [data-badge="name"]                            a count kept up to date
   document events: `liane:live` detail {state: "on" | "off"}; `liane:draw` detail element;
                    `liane:badges` detail the counts that came

   The tab that holds the lock "liane-live" keeps the EventSource; the others say what they show
   and hear what comes through a BroadcastChannel. Whatever was missed comes after the last
   position seen, so nothing is lost and what is already there is replaced, not doubled. */

const body = document.body;
const KEY = body.dataset.liveKey;
const SILENCE = 40000;
const SLOWEST = 60000;

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`liane:${name}`, { detail }));

const channel = new BroadcastChannel(`liane-live:${KEY}`);
const me = Math.random().toString(36).slice(2);
const others = new Map();
const drawn = Number(body.dataset.liveSince) || Date.now();
const skew = drawn - Date.now();
const serverNow = () => Date.now() + skew;
let missing = drawn;
let position = 0;
let stream = null;
let leading = false;
let ended = false;
let leaving = false;
let pause = 1000;
let alarm = 0;
let changing = 0;
let worry = 0;

/* ------------------------------------------------------------ what the pages show */
function targets() {
  const found = new Set();
  for (const element of all("[data-live]")) {
    for (const name of element.dataset.live.split(/\s+/)) if (name) found.add(name);
  }
  return [...found].sort();
}

function watched() {
  return [...new Set([...targets(), ...[...others.values()].flat()])].sort();
}

/* ------------------------------------------------------------ putting in place */
function elements(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.children];
}

/* Puts a node in its place; true when it was not there before. */
function place(container, node, swap) {
  const twin = node.id && document.getElementById(node.id);
  if (twin && swap === "top" && container.contains(twin)) {
    twin.remove();
    container.prepend(node);
  } else if (twin) {
    const held = twin.contains(document.activeElement) && document.activeElement.id;
    twin.replaceWith(node);
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
  } else if (swap === "prepend" || swap === "top") {
    container.prepend(node);
  } else if (swap === "append") {
    container.append(node);
  }
  if (!node.isConnected) return false;
  window.htmx?.process(node);
  tell("draw", node);
  return !twin;
}

function apply(piece) {
  const containers = all("[data-live]").filter(
    (element) => element.dataset.live.split(/\s+/).includes(piece.target),
  );
  let fresh = false;
  for (const container of containers) {
    if (piece.swap === "replace" && !elements(piece.html).some((node) => node.id)) {
      container.replaceChildren(...elements(piece.html));
      window.htmx?.process(container);
      tell("draw", container);
      fresh = true;
      continue;
    }
    for (const node of elements(piece.html)) fresh = place(container, node, piece.swap) || fresh;
    one(`[data-empty-of="${CSS.escape(piece.target)}"]`)?.remove();
  }
  if (fresh && piece.announce) tell("announce", piece.announce);
}

function badges(counts) {
  for (const [name, count] of Object.entries(counts)) {
    for (const element of all(`[data-badge="${CSS.escape(name)}"]`)) {
      element.textContent = String(count);
      element.hidden = !count;
    }
  }
  tell("badges", counts);
}

function show(kind, data) {
  if (kind === "fragments") data.forEach(apply);
  if (kind === "badges") badges(data);
  if (kind === "behind") {
    tell("toast", { text: "Des nouveautés sont arrivées : rechargez la page pour les voir.", kind: "info" });
  }
  if (kind === "ended") {
    ended = true;
    mark(false);
    tell("toast", { text: "Votre session est terminée. Reconnectez-vous pour voir la suite.", kind: "warning" });
  }
}

/* A stream lost for a moment is nobody's concern; lost for longer, the page says so. */
function mark(on) {
  const state = on ? "on" : "off";
  if (leaving || body.dataset.liveState === state) return;
  body.dataset.liveState = state;
  tell("live", { state });
  clearTimeout(worry);
  const line = one("#hors-ligne");
  if (!line) return;
  if (on) line.hidden = navigator.onLine;
  else if (!ended) worry = setTimeout(() => { line.hidden = false; }, 5000);
}

/* ------------------------------------------------------------ the one stream */
const KINDS = ["fragments", "badges", "beat", "behind", "ended"];

function hear(kind, event) {
  position = Math.max(position, Number(event.lastEventId) || 0);
  if (kind === "beat" && event.lastEventId) missing = null;
  if (kind === "ended") return end();
  breathe();
  const data = JSON.parse(event.data || "null");
  show(kind, data);
  channel.postMessage({ from: me, kind, data, position });
}

function end() {
  ended = true;
  clearTimeout(alarm);
  stream.close();
  show("ended");
  channel.postMessage({ from: me, kind: "ended" });
}

function breathe() {
  pause = 1000;
  clearTimeout(alarm);
  alarm = setTimeout(reopen, SILENCE);
  mark(true);
}

function open() {
  stream?.close();
  const query = new URLSearchParams({ watch: watched().join(",") });
  if (position) query.set("after", position);
  if (missing) query.set("since", Math.floor(missing));
  stream = new EventSource(`/live?${query}`);
  for (const kind of KINDS) stream.addEventListener(kind, (event) => hear(kind, event));
  stream.addEventListener("error", lost);
  clearTimeout(alarm);
  alarm = setTimeout(reopen, SILENCE);
}

/* An EventSource comes back by itself, except after a refusal (a bad gateway, say). */
function lost() {
  if (leaving || ended) return;
  mark(false);
  channel.postMessage({ from: me, kind: "lost" });
  if (stream.readyState !== EventSource.CLOSED) return;
  clearTimeout(alarm);
  alarm = setTimeout(reopen, pause * (0.7 + 0.6 * Math.random()));
  pause = Math.min(pause * 2, SLOWEST);
}

function reopen() {
  if (leading && !leaving && !ended) open();
}

/* Something new is shown since `from` (server's clock): what came meanwhile is asked again. */
function catchUp(from) {
  if (from) missing = Math.min(missing || from, from);
  reopen();
}

function changed() {
  clearTimeout(changing);
  changing = setTimeout(() => {
    const watch = targets();
    if (!leading) return channel.postMessage({ from: me, kind: "watch", watch, since: serverNow() });
    const before = new URL(stream.url).searchParams.get("watch");
    if (before !== watched().join(",")) catchUp(serverNow());
  }, 50);
}

function heardFromTab({ from, watch, since }) {
  const known = others.has(from);
  const before = watched().join(",");
  others.set(from, watch);
  if (leading && (!known || watched().join(",") !== before)) catchUp(since);
}

channel.addEventListener("message", ({ data }) => {
  if (data.kind === "watch") return heardFromTab(data);
  if (data.kind === "bye") return void others.delete(data.from);
  if (data.kind === "lost") return mark(false);
  if (data.kind === "who") {
    const since = position ? null : drawn;
    return channel.postMessage({ from: me, kind: "watch", watch: targets(), since });
  }
  position = Math.max(position, data.position || 0);
  if (data.kind !== "ended") mark(true);
  show(data.kind, data.data);
});

function lead() {
  leading = true;
  if (position) missing = null;
  channel.postMessage({ from: me, kind: "who" });
  open();
}

function start() {
  channel.postMessage({ from: me, kind: "watch", watch: targets(), since: drawn });
  if (!navigator.locks) return lead();
  navigator.locks.request(`liane-live:${KEY}`, () => new Promise((release) => {
    addEventListener("pagehide", release, { once: true });
    lead();
  }));
}

addEventListener("pagehide", () => {
  leaving = true;
  channel.postMessage({ from: me, kind: "bye" });
  stream?.close();
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
addEventListener("online", reopen);
addEventListener("offline", () => mark(false));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && stream?.readyState === EventSource.CLOSED) reopen();
});
new MutationObserver((changes) => {
  if (changes.some((change) => change.target !== one("#annonces"))) changed();
}).observe(body, { childList: true, subtree: true });

if (KEY && "EventSource" in window) start();
