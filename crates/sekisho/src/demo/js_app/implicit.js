// Pocket in the old way, to compare: the implicit grant. Do not write new apps like this (RFC 9700 §2.1.2): the access
// token comes in the address bar, where the history, extensions and whoever can read the address find it; nothing binds
// it to this page; and there is no refresh token.
// RFC 6749 §4.2; OpenID Connect Core §3.2
import { check, discover, leaveFor, newRequest, post, silently, takeAsked, userName } from '/oauth.js'
import { checkIdToken } from '/id_token.js'
import { run, settings } from '/pocket.js'

const { issuer, clientId } = settings
const SCOPE = 'openid profile accounts:read'
const server = await discover(issuer)

/** In memory and nowhere else. */
let tokens

const ask = (parameters) =>
  newRequest(server, { response_type: 'id_token token', client_id: clientId, scope: SCOPE, ...parameters })

/** Takes the tokens out of the answer. The ID token vouches for the access token by `at_hash` (Core §3.2.2.9). */
async function take(asked, answer) {
  check(server, asked, answer)
  const got = Object.fromEntries(answer)
  const { nonce } = asked
  const subject = await checkIdToken(got.id_token, { server, clientId, nonce, accessToken: got.access_token, atHash: true })
  tokens = { scope: SCOPE, ...got }
  return subject
}

const signIn = () =>
  leaveFor(ask({ redirect_uri: `${location.origin}/implicit`, ui_locales: document.documentElement.lang }))

/** The user is back: the tokens are in the fragment, which browsers do not send to servers. */
async function finish() {
  const answer = new URLSearchParams(location.hash.slice(1))
  if (!answer.has('state')) return undefined
  history.replaceState(null, '', '/implicit')
  const subject = await take(takeAsked(), answer)
  return userName(server, tokens.access_token, subject)
}

/** The one way to another token that needs no page. */
async function renew() {
  const { url, asked } = ask({ prompt: 'none', redirect_uri: `${location.origin}/silent` })
  await take(asked, await silently(url))
  return 'silent'
}

async function leave() {
  await post(server.revocation_endpoint, { client_id: clientId, token: tokens.access_token })
  tokens = undefined
}

run({ signIn, finish, renew, renewSilently: renew, leave, tokens: () => tokens })
