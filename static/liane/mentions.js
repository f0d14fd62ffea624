/* « @ » in a composer offers the names of those who will read. Arrows, Enter or Tab, Escape; without
   script one writes the name by hand, and the server finds it the same way. */

const SHOWN = 6;
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const listOf = (field) => document.getElementById(field.dataset.mentions);
const shown = (list) => [...list.children].filter((item) => !item.hidden);
const current = (list) => list.querySelector("[aria-selected=true]");

/* The name being written after the last « @ », or null. */
function begun(field) {
  const before = field.value.slice(0, field.selectionStart);
  const found = /(^|[\s(])@([^@\n]{0,40})$/.exec(before);
  return found && field.selectionStart === field.selectionEnd ? found[2] : null;
}

function choose(field, item) {
  for (const other of listOf(field).children) other.setAttribute("aria-selected", String(other === item));
  field.setAttribute("aria-activedescendant", item.id);
  const list = listOf(field);
  const below = item.offsetTop + item.offsetHeight - list.clientHeight;
  list.scrollTop = Math.max(below, Math.min(list.scrollTop, item.offsetTop));
}

function close(field) {
  listOf(field).hidden = true;
  field.removeAttribute("aria-activedescendant");
}

function offer(field) {
  const list = listOf(field);
  const words = begun(field);
  if (!list || words === null) return list && close(field);
  const wanted = plain(words);
  let left = SHOWN;
  for (const item of list.children) {
    const name = plain(item.dataset.name);
    const fits = name !== wanted.trim() && (name.startsWith(wanted) || name.includes(` ${wanted}`));
    item.hidden = !fits || left-- <= 0;
  }
  const names = shown(list);
  if (!names.length) return close(field);
  list.hidden = false;
  choose(field, names[0]);
  const say = names.length > 1 ? `${names.length} noms proposés` : `${names[0].dataset.name} proposé`;
  return document.dispatchEvent(new CustomEvent("liane:announce", { detail: `${say}, Entrée pour choisir.` }));
}

function take(field, item) {
  const end = field.selectionStart;
  const start = end - begun(field).length;
  field.setRangeText(`${item.dataset.name} `, start, end, "end");
  close(field);
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

const field = (event) => event.target.closest?.("textarea[data-mentions]");

document.addEventListener("input", (event) => { if (field(event)) offer(field(event)); });
document.addEventListener("focusout", (event) => { if (field(event)) close(field(event)); });

document.addEventListener("keydown", (event) => {
  const text = field(event);
  if (!text || listOf(text).hidden) return;
  const names = shown(listOf(text));
  const at = names.indexOf(current(listOf(text)));
  const moves = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in moves) choose(text, names[(at + moves[event.key] + names.length) % names.length]);
  else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) take(text, names[at]);
  else if (event.key === "Escape") close(text);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

/* Before the field loses its focus. */
document.addEventListener("pointerdown", (event) => {
  const item = event.target.closest?.(".mentions [role=option]");
  if (!item) return;
  event.preventDefault();
  take(document.querySelector(`[data-mentions="${item.parentElement.id}"]`), item);
});
