"use strict";
// Keeps the verifier page, its script and its style for use without a network. Its scope is that page alone, its cache is named by its content.
const kept = "verify-{version}";
const page = new URL(registration.scope).pathname;
const files = [page, "/verify.js", "/site.css"];

addEventListener("install", event => event.waitUntil((async () => {
  const cache = await caches.open(kept);
  await cache.addAll(files.map(file => new Request(file, { cache: "reload" })));
  await skipWaiting();
})()));

addEventListener("activate", event => event.waitUntil((async () => {
  for (const name of await caches.keys()) {
    if (name.startsWith("verify-") && name !== kept) await caches.delete(name);
  }
  await clients.claim();
})()));

addEventListener("fetch", event => {
  const address = new URL(event.request.url);
  if (event.request.method === "GET" && address.origin === location.origin && files.includes(address.pathname)) {
    event.respondWith((async () => await (await caches.open(kept)).match(address.pathname) || fetch(event.request))());
  }
});
