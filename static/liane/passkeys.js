/* A passkey that fails says so where people look, instead of in the console. */
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const line = document.getElementById("cle-echec");
  if (line) line.hidden = false;
});
