// Shows a request as soon as it is there. Without this script the page loads itself again from time to time.
"use strict";
const PAUSE = 3000;

async function look() {
  try {
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
    if (answer.ok && (await answer.text()).includes('id="approve"')) {
      location.replace(location.pathname);
      return;
    }
  } catch {
    // No connection for the moment.
  }
  setTimeout(look, PAUSE);
}

if (document.getElementById("no-requests")) {
  setTimeout(look, PAUSE);
}
