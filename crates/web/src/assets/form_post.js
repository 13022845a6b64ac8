// Sends the form of the form_post page at once. Without this script its button does the same.
"use strict";
const form = document.getElementById("form-post");
if (form) {
  HTMLFormElement.prototype.submit.call(form);
}
