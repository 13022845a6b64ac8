// What a browser app without a back end has to do with the authorization server, whichever way it asks.
// RFC 6749 §4, RFC 7636 §4, RFC 9207 §2.4; OpenID Connect Discovery §4, OpenID Connect Core §3.1.2.1

const utf8 = new TextEncoder()
export const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
export const sha256 = (text) => crypto.subtle.digest('SHA-256', utf8.encode(text))
export const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

/** The server, or the user, said no. */
export class Refused extends Error {
  constructor(error, description) {
    super(description ? `${error}: ${description}` : error)
    this.error = error
  }
}

/** The endpoints of the issuer that this app was told to trust. */
export async function discover(issuer) {
  const server = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
  // Otherwise one server could pose as another (OpenID Connect Discovery §4.3).
  if (server.issuer !== issuer) throw new Error('the metadata is of another issuer')
  return server
}

/** An authorization request: where to go, and what its answer is checked against. `secrets` are kept, and not sent. */
export function newRequest(server, parameters, secrets = {}) {
  // `state` ties the answer to this page, `nonce` ties the ID token to this request.
  const asked = { state: random(), nonce: random(), redirect_uri: parameters.redirect_uri, ...secrets }
  const url = new URL(server.authorization_endpoint)
  url.search = new URLSearchParams({ ...parameters, state: asked.state, nonce: asked.nonce })
  return { url: url.href, asked }
}

/**
 * Leaves for the authorization server. The page ends, and what it holds in memory with it; so what the answer is checked
 * against waits in the tab's sessionStorage. Tokens are never put there: any script of this origin could read them.
 */
export function leaveFor({ url, asked }) {
  sessionStorage.setItem('asked', JSON.stringify(asked))
  location.assign(url)
}

/** What was asked before the page ended. Each request is answered once. */
export function takeAsked() {
  const asked = JSON.parse(sessionStorage.getItem('asked'))
  sessionStorage.removeItem('asked')
  return asked
}

/** Checks that this is the server's answer to what was asked, and no refusal. */
export function check(server, asked, answer) {
  if (!asked || answer.get('state') !== asked.state) throw new Error('this is no answer to what this page asked')
  // It may come from another server, which would be sent a code of this one (RFC 9207 §2.4).
  if (answer.get('iss') !== server.issuer) throw new Error('the answer is of another issuer')
  if (answer.has('error')) throw new Refused(answer.get('error'), answer.get('error_description'))
}

/**
 * Asks in a frame that nobody sees, with `prompt=none`: the server answers at once, without any page of its own, by the
 * session that the browser has there (OpenID Connect Core §3.1.2.1). The frame ends at this app's /silent, which hands
 * the answer over. Browsers that keep cookies of other sites out of frames make the server see nobody.
 */
export function silently(url) {
  const frame = Object.assign(document.createElement('iframe'), { src: url, hidden: true, title: 'prompt=none' })
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no answer in ten seconds')), 10_000)
    addEventListener('message', function hear({ origin, source, data }) {
      // From this frame, and from this app's own page in it: others may send messages too (RFC 9700 §4.17).
      if (origin !== location.origin || source !== frame.contentWindow) return
      removeEventListener('message', hear)
      clearTimeout(late)
      resolve(new URLSearchParams(data))
    })
    document.body.append(frame)
  }).finally(() => frame.remove())
}

/** Sends a form to an endpoint of the server. */
export async function post(url, form) {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  if (answer.ok) return answer.text().then((text) => (text ? JSON.parse(text) : {}))
  const { error, error_description } = await answer.json()
  throw new Refused(error, error_description)
}

/** What the user is called. UserInfo about somebody else than the ID token names must not be used (Core §5.3.2). */
export async function userName(server, accessToken, subject) {
  const headers = { authorization: `Bearer ${accessToken}` }
  const user = await (await fetch(server.userinfo_endpoint, { headers })).json()
  if (user.sub !== subject) throw new Error('UserInfo is about somebody else')
  return user.name ?? user.sub
}
