// Says whether the session state that an app keeps is still this browser's. OpenID Connect Session Management 3.2.
// The answer depends on the origin that asks: another origin than that of the app learns nothing but "changed".
"use strict";
const cookie = `${document.currentScript.dataset.cookie}=`;

function browserState() {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(cookie));
  return found?.slice(cookie.length);
}

// Where a browser keeps this server's cookies from frames in other sites, nothing can be said. "changed" would make
// apps ask for ever (5.1).
async function isBlind() {
  return document.hasStorageAccess ? !(await document.hasStorageAccess()) : false;
}

async function hash(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function answer(message, origin) {
  const [, clientId, known, salt] = /^(.+) ([\w-]{43})\.([\w-]+)$/.exec(message) ?? [];
  if (!clientId) {
    return "error";
  }
  const state = browserState();
  if (state === undefined && (await isBlind())) {
    return "error";
  }
  const now = await hash(`${clientId} ${origin} ${state ?? ""} ${salt}`);
  return now === known ? "unchanged" : "changed";
}

addEventListener("message", async ({ data, origin, source }) => {
  // A page without an origin cannot be answered, and no app is registered at one.
  if (source && origin !== "null") {
    source.postMessage(await answer(data, origin), origin);
  }
});
