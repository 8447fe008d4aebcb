// Without a network: the page that says so, with the dates that were seen last. Nothing else is kept.
const SHELL = "shell-1";
const KEPT = ["/offline/", "/static/web/baohao.css", "/static/web/app.js", "/static/web/icon.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(KEPT)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") {
    // A form that was sent too: whether it arrived, its page says when it is loaded again.
    event.respondWith(fetch(request).catch(() => caches.match("/offline/")));
    return;
  }
  const path = new URL(request.url).pathname;
  if (request.method !== "GET" || !KEPT.includes(path)) return;
  event.respondWith(fetch(request).then((answer) => {
    if (answer.ok) {
      const copy = answer.clone();
      event.waitUntil(caches.open(SHELL).then((shell) => shell.put(path, copy)));
    }
    return answer;
  }).catch(() => caches.match(path)));
});
