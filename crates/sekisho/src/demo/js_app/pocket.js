// What Pocket shows, whichever way it got its token. It calls the bank's API from the browser; the API allows this origin
// to (CORS).
import { byId, showAccounts, showOnly, showScope } from '/bank_view.js'

/** What the server wrote into the page: `issuer`, `api`, `clientId`. */
export const settings = byId('app').dataset

const states = ['stranger', 'user']
let timer

/** Tells what happened, in the page's language, with what the server said. */
function tell(what, detail = '') {
  const item = document.createElement('li')
  item.dataset.what = what
  const text = byId(`text-${what}`).content.textContent
  item.append(`${new Date().toLocaleTimeString()} ${text} `, Object.assign(document.createElement('code'), { textContent: detail }))
  byId('log').append(item)
}

function refused(error) {
  byId('error-code').textContent = error.message
  byId('api-error').hidden = false
}

/** Calls the bank. A refusal says why in the header `WWW-Authenticate` (RFC 6750 §3). */
async function accounts({ access_token }) {
  const headers = { authorization: `Bearer ${access_token}` }
  const answer = await fetch(`${settings.api}/accounts`, { headers })
  if (!answer.ok) {
    const error = /error="([^"]*)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1] ?? ''
    throw new Error(`HTTP ${answer.status} ${error}`)
  }
  return (await answer.json()).accounts
}

/** Runs the page. `app` says how to sign in, to take the answer, to renew and to leave. */
export async function run(app) {
  const attempt = (action) => async () => {
    byId('api-error').hidden = true
    try {
      await action()
    } catch (error) {
      refused(error)
    }
  }
  const load = async () => {
    byId('accounts').hidden = true
    showAccounts(await accounts(app.tokens()))
  }
  const follow = () => {
    const { expires_in, scope } = app.tokens()
    showScope(scope.split(' '))
    clearTimeout(timer)
    // Before it ends, when a quarter of its life is left: early enough for a second try.
    timer = setTimeout(renewing(app.renew), expires_in * 750)
  }
  // One at a time: a refresh token that is used twice is taken for a stolen one.
  let last = Promise.resolve()
  const renewing = (renew) => () => {
    last = last.then(renew).then((what) => { tell(what); follow() }, (error) => tell('not-renewed', error.message))
  }
  const leave = async () => {
    clearTimeout(timer)
    await app.leave().finally(() => showOnly('stranger', states))
  }

  byId('connect').addEventListener('click', attempt(app.signIn))
  byId('sign-in-again').addEventListener('click', attempt(app.signIn))
  byId('load-accounts').addEventListener('click', attempt(load))
  byId('renew-silently').addEventListener('click', renewing(app.renewSilently))
  byId('renew-refresh-token')?.addEventListener('click', renewing(app.renewByRefreshToken))
  byId('disconnect').addEventListener('click', attempt(leave))

  const name = await app.finish().catch(refused)
  showOnly(name ? 'user' : 'stranger', states)
  if (!name) return
  byId('user-name').textContent = name
  if (byId('renew-refresh-token')) byId('renew-refresh-token').hidden = !app.tokens().refresh_token
  tell('signed-in')
  follow()
  await attempt(load)()
}
