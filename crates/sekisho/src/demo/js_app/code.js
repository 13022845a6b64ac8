// Pocket: code and PKCE in the browser, as a public client. No secret: everybody who loads the page would have it.
// RFC 6749 §4.1 and §6, RFC 7636 §4, RFC 9700 §2.1.1 and §4.14.2; OpenID Connect Core §3.1
import { base64url, check, discover, leaveFor, newRequest, post, random, sha256, silently, takeAsked, userName } from '/oauth.js'
import { checkIdToken } from '/id_token.js'
import { run, settings } from '/pocket.js'

const { issuer, clientId } = settings
const SCOPE = 'openid profile accounts:read'
const server = await discover(issuer)

/** In memory and nowhere else. They are gone when the page is closed or loaded anew, and signing in brings others. */
let tokens

async function ask(parameters) {
  // A code that somebody steals is worthless without this, which never leaves the page until it is redeemed.
  const code_verifier = random()
  const code_challenge = base64url(await sha256(code_verifier))
  const request = { response_type: 'code', client_id: clientId, code_challenge, code_challenge_method: 'S256', ...parameters }
  return newRequest(server, request, { code_verifier })
}

/** Changes the code into tokens, and answers who signed in. */
async function redeem(asked, answer) {
  check(server, asked, answer)
  const { redirect_uri, code_verifier, nonce } = asked
  const form = { grant_type: 'authorization_code', client_id: clientId, code: answer.get('code'), redirect_uri, code_verifier }
  const got = await post(server.token_endpoint, form)
  const subject = await checkIdToken(got.id_token, { server, clientId, nonce, accessToken: got.access_token })
  tokens = { ...tokens, ...got }
  return subject
}

async function signIn() {
  const scope = `${SCOPE} offline_access`
  const ui_locales = document.documentElement.lang
  leaveFor(await ask({ scope, ui_locales, redirect_uri: `${location.origin}/` }))
}

/** The user is back: the answer is in the query. */
async function finish() {
  const answer = new URLSearchParams(location.search)
  if (!answer.has('state')) return undefined
  // Codes do not belong in the browser's history (RFC 9700 §4.3.1).
  history.replaceState(null, '', '/')
  const subject = await redeem(takeAsked(), answer)
  return userName(server, tokens.access_token, subject)
}

/** The server replaces the refresh token at each use, so that a copy shows when both are used (RFC 9700 §4.14.2). */
async function renewByRefreshToken() {
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: tokens.refresh_token }
  tokens = { ...tokens, ...await post(server.token_endpoint, form) }
  return 'refreshed'
}

async function renewSilently() {
  const { url, asked } = await ask({ scope: SCOPE, prompt: 'none', redirect_uri: `${location.origin}/silent` })
  await redeem(asked, await silently(url))
  return 'silent'
}

/** What the page does by itself before the token ends. */
const renew = () => (tokens.refresh_token ? renewByRefreshToken() : renewSilently())

/** With a refresh token ends everything that came from it (RFC 7009 §2.1). */
async function leave() {
  await post(server.revocation_endpoint, { client_id: clientId, token: tokens.refresh_token ?? tokens.access_token })
  tokens = undefined
}

run({ signIn, finish, renew, renewByRefreshToken, renewSilently, leave, tokens: () => tokens })
