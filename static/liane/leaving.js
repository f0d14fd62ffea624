/* Leaving a page while something is on its way: going waits for the answer.

   A tap on a link right after « C’est fait » makes a browser drop the request, and what was done
   would be lost without a word. On its way are: what htmx posts, what liane.js sends, and a change
   that a form saves after a short while (hx-trigger="change delay:…").

   Events on `document`, from liane.js:
     liane:sending   detail: form
     liane:answered  detail: {form, arrived}   cancelled when the page is left for elsewhere
     liane:leaving   detail: function          cancelled when it is called later                     */

const LATER = 1000;
const SEEN_AFTER = 700;
const WAITING = "Envoi en cours : la page suivante s’ouvre dès qu’il est arrivé.";

const onTheWay = new Map();
let going = null;

function start(what, form) { onTheWay.set(what, form); }

/* True when the page is left now. What did not arrive keeps its reader here. */
function end(what, arrived) {
  if (!onTheWay.delete(what)) return false;
  if (!arrived) going = null;
  if (onTheWay.size || !going) return false;
  const go = going;
  going = null;
  go();
  return true;
}

function hold(event, go) {
  if (!onTheWay.size) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!going) setTimeout(sayWhy, SEEN_AFTER);
  going = go;
}

function sayWhy() {
  if (!going) return;
  document.dispatchEvent(new CustomEvent("liane:toast", { detail: { text: WAITING, kind: "info" } }));
}

/* ------------------------------------------------------------ what is on its way */
document.addEventListener("liane:sending", ({ detail }) => start(detail, detail));
document.addEventListener("liane:answered", (event) => {
  if (end(event.detail.form, event.detail.arrived)) event.preventDefault();
});

document.addEventListener("htmx:beforeSend", ({ detail: { elt, xhr, requestConfig } }) => {
  if (requestConfig.verb === "get") return;
  start(xhr, elt);
  onTheWay.delete(elt);
  xhr.addEventListener("abort", () => end(xhr, true));
  xhr.addEventListener("loadend", () => end(xhr, xhr.status >= 200 && xhr.status < 400));
});

document.addEventListener("change", ({ target: { form } }) => {
  if (!form?.matches("[hx-post][hx-trigger*=delay]")) return;
  start(form, form);
  setTimeout(() => end(form, true), LATER);
});

/* ------------------------------------------------------------ ways out of the page */
const elsewhere = (link) => link.href.split("#")[0] !== location.href.split("#")[0] || !link.hash;

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link.target || link.matches("[hx-get], [data-opens]") || !elsewhere(link)) return;
  hold(event, () => location.assign(link.href));
}, true);

document.addEventListener("submit", (event) => {
  const form = event.target;
  const stays = form.matches("[data-send-once], [hx-post]:not([hx-trigger]), [hx-get], [method=dialog]");
  if (stays) return;
  // What the form was saving by itself is in what it sends now.
  for (const [what, owner] of onTheWay) if (owner === form) onTheWay.delete(what);
  const button = event.submitter;
  hold(event, () => form.isConnected && form.requestSubmit(button?.isConnected ? button : undefined));
}, true);

document.addEventListener("liane:leaving", (event) => hold(event, event.detail));
addEventListener("beforeunload", (event) => { if (onTheWay.size) event.preventDefault(); });
