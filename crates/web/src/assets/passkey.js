// Asks the browser for a passkey, and sends what it answers by the page's form. Without this script the other ways remain.
"use strict";
const form = document.getElementById("passkey-form");
const REASONS = {
  NotAllowedError: "cancelled",
  InvalidStateError: "known",
  NotSupportedError: "unsupported",
  ConstraintError: "unsupported",
  SecurityError: "place",
};
let autofill;

function say(what) {
  const problem = document.getElementById("passkey-problem");
  problem.textContent = form.dataset[what];
  problem.hidden = false;
  problem.focus();
}

async function ask(more) {
  const options = JSON.parse(form.dataset.options);
  const credential =
    form.dataset.ceremony === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options), ...more })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), ...more });
  form.elements.credential.value = JSON.stringify(credential);
  form.elements.remember.value = document.getElementById("remember")?.checked ? "yes" : "";
  form.submit();
}

async function press(event) {
  event.preventDefault();
  autofill?.abort();
  document.getElementById("passkey-problem").hidden = true;
  try {
    await ask({});
  } catch (error) {
    say(REASONS[error.name] ?? "failed");
  }
}

// The browser offers passkeys in the field of the user name, until one is chosen or the button is pressed.
async function offerInField() {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) {
    return;
  }
  autofill = new AbortController();
  try {
    await ask({ mediation: "conditional", signal: autofill.signal });
  } catch {
    // Nothing was chosen there; the button is still there.
  }
}

if (form && window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  document.getElementById("use-passkey").hidden = false;
  form.addEventListener("submit", press);
  if ("autofill" in form.dataset) {
    offerInField();
  }
} else if (form && !("autofill" in form.dataset)) {
  say("unsupported");
}
