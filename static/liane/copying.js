/* button[data-copies="id"]: copies what the field of that id holds, whole even where it is cut off. */

const tell = (text, kind) => document.dispatchEvent(new CustomEvent("liane:toast", { detail: { text, kind } }));

for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  button.hidden = !navigator.clipboard || !field;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      tell("Copié.", "success");
    } catch {
      field.select();
      tell("Le navigateur n’a pas copié : le lien est sélectionné, copiez-le.", "warning");
    }
  });
}
