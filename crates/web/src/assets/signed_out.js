// Goes on to the app although another app's frame is slow. Without this script the page waits for it; its link does not.
"use strict";
const next = document.getElementById("continue");
if (next) {
  setTimeout(() => location.replace(next.href), 5000);
}
