/* /parametres/: this browser accepts pushes, or says why it can't. */

const place = document.querySelector("[data-push]");
const says = (text) => { place.querySelector("[data-push-says]").textContent = text; };
const raw = (key) => Uint8Array.from(
  atob(key.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0),
);

async function accept() {
  if ((await Notification.requestPermission()) !== "granted") {
    return says("Votre navigateur refuse les avis de Liane : changez-le dans ses réglages.");
  }
  const registration = await navigator.serviceWorker.register("/sw.js");
  await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: raw(place.dataset.pushKey),
  });
  const { endpoint, keys } = subscription.toJSON();
  const body = new URLSearchParams({
    endpoint, p256dh: keys.p256dh, auth: keys.auth, device: navigator.userAgentData?.platform || "",
    csrfmiddlewaretoken: document.querySelector('meta[name="csrf-token"]').content,
  });
  const answer = await fetch(place.dataset.pushTo, { method: "POST", body });
  says(answer.ok ? "Cet appareil recevra les avis." : "Cet appareil n’a pas pu être ajouté.");
}

if (place && "serviceWorker" in navigator && "PushManager" in window) {
  place.hidden = false;
  place.querySelector("[data-push-on]").addEventListener("click", () => {
    accept().catch(() => says("Cet appareil n’a pas pu être ajouté."));
  });
}
