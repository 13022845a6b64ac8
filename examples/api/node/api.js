// An API that checks Sekisho's access tokens, with jose. Opaque tokens are introspected, JWTs checked by the issuer's keys.
// ISSUER, API (its identifier) and SCOPE (what a call needs) say what is protected; with CLIENT_ID and CLIENT_SECRET, the
// API's own credentials, every token is introspected: what was taken back is refused at once.
import { createServer } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { ISSUER, API, SCOPE, CLIENT_ID, CLIENT_SECRET, PORT = '9000' } = process.env
const metadata = new URL(API)
metadata.pathname = `/.well-known/oauth-protected-resource${metadata.pathname.replace(/\/$/, '')}`
const keys = createRemoteJWKSet(new URL(`${ISSUER}/jwks`))

class Refused extends Error {
  constructor(status, code) {
    super(code)
    this.status = status
  }
}

async function introspected(token) {
  const secret = [CLIENT_ID, CLIENT_SECRET].map(encodeURIComponent).join(':')
  const response = await fetch(`${ISSUER}/introspect`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(secret).toString('base64')}` },
    body: new URLSearchParams({ token }),
    signal: AbortSignal.timeout(5000),
  })
  if (!response.ok) throw new Error(`the issuer answers ${response.status}`)
  const claims = await response.json()
  if (!claims.active) throw new Refused(401, 'invalid_token')
  return claims
}

async function verified(token) {
  try {
    // `typ` keeps ID tokens and others' JWTs out (RFC 9068 §4).
    const checks = { issuer: ISSUER, audience: API, typ: 'at+jwt', algorithms: ['ES256', 'PS256', 'EdDSA', 'RS256'] }
    return (await jwtVerify(token, keys, checks)).payload
  } catch (error) {
    // The keys could not be fetched: the client did nothing wrong.
    if (!error.code?.startsWith('ERR_J') || error.code === 'ERR_JWKS_TIMEOUT') throw error
    throw new Refused(401, 'invalid_token')
  }
}

async function check(authorization) {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '') ?? []
  if (!token) throw new Refused(401, authorization ? 'invalid_token' : '')
  const claims = await (CLIENT_ID ? introspected(token) : verified(token))
  const isForUs = [claims.aud].flat().includes(API) && claims.iss === ISSUER
  // A token that is bound to a key is no bearer token: whoever cannot check the key must not take it.
  if (!isForUs || claims.cnf) throw new Refused(401, 'invalid_token')
  if (!(claims.scope ?? '').split(' ').includes(SCOPE)) throw new Refused(403, 'insufficient_scope')
  return claims
}

createServer(async (request, response) => {
  const answer = (status, body, headers = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  try {
    const { sub, client_id } = await check(request.headers.authorization)
    answer(200, { sub, client_id })
  } catch (error) {
    if (!(error instanceof Refused)) return answer(503, { error: 'temporarily_unavailable' }, { 'retry-after': '1' })
    const parts = [`resource_metadata="${metadata}"`]
    if (error.message) parts.push(`error="${error.message}"`)
    if (error.status === 403) parts.push(`scope="${SCOPE}"`)
    answer(error.status, { error: error.message || undefined }, { 'www-authenticate': `Bearer ${parts.join(', ')}` })
  }
}).listen(Number(PORT), '127.0.0.1')
