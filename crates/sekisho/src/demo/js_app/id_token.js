// Who signed in: said by the right server, to this app, in answer to this request.
// OpenID Connect Core §3.1.3.7 and §3.2.2.11. RS256, which is what a client gets that registers nothing else.
import { base64url, sha256 } from '/oauth.js'

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
const json = (text) => JSON.parse(new TextDecoder().decode(bytes(text)))

/** Checks an ID token, and answers who it is about. `atHash`: whether it must vouch for the access token. */
export async function checkIdToken(idToken, { server, clientId, nonce, accessToken, atHash = false }) {
  const [header, claims, signature] = idToken.split('.')
  await checkSignature(server, header, claims, signature)
  const said = json(claims)
  const rule = (holds, what) => { if (!holds) throw new Error(`the ID token is refused: ${what}`) }
  rule(said.iss === server.issuer, '`iss` is another server')
  rule([said.aud].flat().join() === clientId, '`aud` is another app')
  rule(said.exp > Date.now() / 1000 - 30, 'it has expired')
  rule(said.nonce === nonce, '`nonce` is of another request')
  if (atHash || said.at_hash) {
    const half = (await sha256(accessToken)).slice(0, 16)
    rule(said.at_hash === base64url(half), '`at_hash` is of another access token')
  }
  return said.sub
}

async function checkSignature(server, header, claims, signature) {
  const { alg, kid } = json(header)
  const { keys } = await (await fetch(server.jwks_uri)).json()
  const jwk = keys.find((key) => key.kid === kid && key.kty === 'RSA')
  if (alg !== 'RS256' || !jwk) throw new Error('the ID token is refused: nobody known signed it')
  const key = await crypto.subtle.importKey('jwk', { kty: 'RSA', n: jwk.n, e: jwk.e }, RSA, false, ['verify'])
  const signed = new TextEncoder().encode(`${header}.${claims}`)
  if (!(await crypto.subtle.verify(RSA, key, bytes(signature), signed))) {
    throw new Error('the ID token is refused: its signature does not hold')
  }
}
