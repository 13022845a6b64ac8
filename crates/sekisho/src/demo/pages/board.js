// Board in the browser. It asks its own server alone, and there is no token here: the browser adds a session cookie that
// scripts cannot read.
import { byId, showAccounts, showOnly, showScope } from '/bank_view.js'

/** Calls the app's server. Throws what it refuses, with `status`, `error` and `missing_scope`. */
async function call(method, path, body) {
  // A page of another site could make the browser send the cookie, but not this header: it would have to ask first.
  const headers = { 'own-call': '1' }
  if (body) headers['content-type'] = 'application/json'
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) })
  const told = answer.status === 204 ? {} : await answer.json()
  if (!answer.ok) throw { status: answer.status, ...told }
  return told
}

/** Says what was refused, with the one thing that helps: signing in anew, being asked again, or nothing. */
function refused({ status, error, missing_scope }) {
  const remedy = status === 401 ? 'error-ended' : missing_scope ? 'error-scope' : 'error-other'
  showOnly(remedy, ['error-ended', 'error-scope', 'error-other'])
  byId('error-code').textContent = error ?? ''
  byId('api-error').hidden = false
  if (status === 401) byId('accounts').hidden = true
}

/** Does something, with the notices of before taken away. */
const attempt = (action) => async (event) => {
  event?.preventDefault()
  byId('api-error').hidden = byId('paid').hidden = true
  await action(event).catch(refused)
}

const load = async () => {
  const accounts = await call('GET', '/api/accounts')
  showAccounts(accounts)
  if (accounts.length > 0) byId('payment').elements.from.value ||= accounts[0].number
}

const pay = async (event) => {
  const form = new FormData(event.target)
  const payment = { from: form.get('from'), payee: form.get('payee'), amount: Number(form.get('amount')) }
  await call('POST', '/api/payments', payment)
  await load()
  byId('paid').hidden = false
}

const leave = async () => {
  await call('DELETE', '/api/session')
  location.reload()
}

byId('load-accounts').addEventListener('click', attempt(load))
byId('payment').addEventListener('submit', attempt(pay))
byId('disconnect').addEventListener('click', attempt(leave))

try {
  const { user_name, scope } = await call('GET', '/api/user')
  byId('user-name').textContent = user_name
  showScope(scope)
  showOnly('user', ['stranger', 'user'])
  await attempt(load)()
} catch {
  showOnly('stranger', ['stranger', 'user'])
}
