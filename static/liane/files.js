/* Files chosen in a form: named, heard or seen, and taken back, before anything is sent.

   input[type=file][data-files-to="id"]   its files are listed in the element of that id, with those
                                          of the other inputs that point there */

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const shown = new WeakMap();

function made(name, fields, text = "") {
  const node = Object.assign(document.createElement(name), fields);
  if (text) node.textContent = text;
  return node;
}

function without(field, gone) {
  const held = new DataTransfer();
  for (const file of field.files) if (file !== gone) held.items.add(file);
  field.files = held.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
}

function line(list, field, file, urls) {
  const voice = file.type.startsWith("audio/");
  const row = made(list.tagName === "UL" ? "li" : "span", { className: "chosen-file" });
  row.append(made("span", { className: "name" }, voice ? "Message vocal" : file.name));
  if (voice) {
    const url = URL.createObjectURL(file);
    urls.push(url);
    const sound = made("audio", { controls: true, src: url });
    sound.setAttribute("aria-label", "Réécouter avant d’envoyer");
    row.append(sound);
  }
  const button = made("button", { type: "button", className: "btn btn-plain" }, "Retirer");
  button.append(made("span", { className: "visually-hidden" }, ` ${voice ? "le message vocal" : file.name}`));
  button.addEventListener("click", () => without(field, file));
  row.append(button);
  return row;
}

document.addEventListener("change", (event) => {
  const list = document.getElementById(event.target.dataset?.filesTo || "");
  if (!list) return;
  for (const url of shown.get(list) || []) URL.revokeObjectURL(url);
  const urls = [];
  shown.set(list, urls);
  const fields = all(`input[data-files-to="${CSS.escape(list.id)}"]`);
  list.replaceChildren(
    ...fields.flatMap((field) => [...field.files].map((file) => line(list, field, file, urls))),
  );
});
