/* The browser's worker: shows the word of a push and opens Liane on it. It keeps no page and no
   answer: health data is never stored by the browser. */

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let word = {};
  try { word = event.data.json(); } catch { /* a bare push says the same thing */ }
  event.waitUntil(self.registration.showNotification(word.title || "Liane", {
    body: word.body || "Du nouveau dans Liane.",
    tag: word.urgent ? "liane-urgent" : "liane",
    renotify: true,
    requireInteraction: Boolean(word.urgent),
    icon: "/static/liane/icon-192.png",
    lang: "fr",
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    if (pages.length) {
      const page = await pages[0].focus();
      return page.navigate("/notifications/");
    }
    return self.clients.openWindow("/notifications/");
  })());
});
