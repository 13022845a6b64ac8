// The API of the table, the server that protects it, and the tokens that its requests bring.
import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import { authority, fetchWith } from '../lib/certificates.js'
import { freePort, program, startServer } from '../lib/server.js'
import { UserAgent } from '../lib/user_agent.js'

export const host = 'bank.example.com'
const redirect = 'https://app.example.com/callback'
const lifetime = (time) => `lifetimes = { access_token = "${time}" }`

/** As a proxy passes a certificate on (RFC 9440). */
export const clientCert = ({ cert }) => `:${cert.toString().replace(/-----[A-Z ]+-----|\s/g, '')}:`

const schema = (properties) => JSON.stringify({ type: 'object', required: Object.keys(properties), properties })
const text = { type: 'string' }
const details = {
  transfer: schema({ account: text, actions: { type: 'array', items: text } }),
  order: schema({ amount: { type: 'integer' }, payee: text }),
}

const client = (id, scope, more = '') => `
[[client]]
client_id      = "${id}"
client_secret  = "${id}-secret"
grant_types    = ["client_credentials"]
response_types = []
scope          = "${scope}"
${more}
`

const realm = (api) => `
[[api]]
identifier    = "https://${host}"
name          = "Loans"
introspection = ["bank-api"]
upstream      = "http://127.0.0.1:${api}"
scope         = [
  { name = "loans:read", description = { en = "See your loans" } },
  { name = "loans:write", description = { en = "Take up loans" } },
]
authorization_details = [
  { type = "transfer", schema = '''${details.transfer}''', consent = { en = "Pay from {account}" } },
  { type = "order", schema = '''${details.order}''', consent = { en = "Pay {amount} to {payee}" } },
]
route = [
  { methods = ["GET"], path = "/loans", scope = ["loans:read"] },
  { methods = ["POST"], path = "/loans", scope = ["loans:write"] },
  { methods = ["GET"], path = "/archive/**", scope = ["loans:read"] },
  { methods = ["GET"], path = "/keys", acr = "loa4" },
  { methods = ["GET"], path = "/fresh", max_age = "1s" },
  { methods = ["GET"], path = "/recent", max_age = "1h" },
  { methods = ["GET"], path = "/status", access = ["none"] },
  { methods = ["GET"], path = "/partners", access = ["basic", "client_certificate"], scope = ["loans:read"] },
  { methods = ["POST"], path = "/transfers/*", authorization_details = { type = "transfer", path = { account = 2 }, method = "actions" } },
  { methods = ["POST"], path = "/orders", authorization_details = { type = "order", body = { amount = "/amount", payee = "/payee" } } },
]
${client('reader', 'loans:read')}
${client('writer', 'loans:write')}
${client('prover', 'loans:read', 'dpop_bound_access_tokens = true')}
${client('holder', 'loans:read', 'tls_client_certificate_bound_access_tokens = true')}

[[client]]
client_id                  = "partner"
grant_types                = ["client_credentials"]
response_types             = []
scope                      = "loans:read"
token_endpoint_auth_method = "tls_client_auth"
tls_client_auth_subject_dn = "CN=app"

[[client]]
client_id                   = "app"
client_name                 = "App"
client_secret               = "app-secret"
redirect_uris               = ["${redirect}"]
grant_types                 = ["authorization_code"]
response_types              = ["code"]
scope                       = "openid loans:read"
authorization_details_types = ["transfer", "order"]
`

const listeners = ({ plain, gateway, envoy }) => `
[[listener]]
bind = "127.0.0.1:${plain}"
[[listener]]
bind = "127.0.0.1:${gateway}"
role = "gateway"
tls  = "dev"
client_certificates = "request"
[[listener]]
bind = "127.0.0.1:${envoy}"
role = "ext_authz"
[proxy]
trusted      = ["127.0.0.1"]
client_cert  = ["127.0.0.1"]
forward_auth = ["127.0.0.1"]
`

/** The API itself: trusts who calls, and remembers with which header fields the last call came. */
async function startApi() {
  const api = { seen: undefined }
  const server = createServer((request, response) => {
    const fields = request.rawHeaders
    api.seen = fields.flatMap((name, at) => (at % 2 ? [] : [[name.toLowerCase(), fields[at + 1]]]))
    request.resume().on('end', () => response.end('served'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  api.port = server.address().port
  api.close = () => { server.closeAllConnections(); server.close() }
  return api
}

/** Everything that the ways in lead to. */
export async function startBank() {
  const ca = authority('Anybody')
  const identities = { app: ca.issue('app'), other: ca.issue('other') }
  const api = await startApi()
  const first = await freePort(3)
  const ports = { plain: first, gateway: first + 1, envoy: first + 2 }
  // The first tokens end at once.
  const settings = `${lifetime('1s')}\ndpop_nonces = true\nclient_ca = ["${ca.file}"]`
  const server = await startServer('sqlite', realm(api.port), settings, true, listeners(ports)).catch((error) => {
    api.close()
    throw error
  })
  const bank = { api, ports, identities, server, keys: { own: await key(), other: await key() }, nonces: new Map() }
  bank.stop = async () => {
    await server.stop()
    api.close()
    ca.close()
  }
  try {
    bank.tokens = await tokens(bank)
    bank.signedIn = Date.now()
  } catch (error) {
    await bank.stop()
    throw error
  }
  return bank
}

async function key() {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const { kty, crv, x, y } = await exportJWK(publicKey)
  return { privateKey, jwk: { kty, crv, x, y } }
}

/** A proof (RFC 9449 §4.2). */
export async function proof({ privateKey, jwk }, { htm, htu, token, nonce, iat = 0 }) {
  const ath = token && createHash('sha256').update(token).digest('base64url')
  return new SignJWT({ htm, htu, jti: randomUUID(), ath, nonce })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
    .setIssuedAt(Math.floor(Date.now() / 1000) + iat)
    .sign(privateKey)
}

async function tokens({ server, identities, keys }) {
  const anyone = fetchWith(server.ca)
  const basic = (id) => `Basic ${Buffer.from(`${id}:${id}-secret`).toString('base64')}`
  const endpoint = `${server.issuer}/token`

  /** Asks for a token, a second time when a nonce is wanted. */
  async function token(id, parameters, { certificate, prove } = {}) {
    let nonce
    for (let attempt = 0; attempt < 2; attempt++) {
      const headers = { authorization: basic(id) }
      // Who asks from here is taken for a proxy.
      if (certificate) headers['client-cert'] = clientCert(certificate)
      if (prove) headers.dpop = await proof(prove, { htm: 'POST', htu: endpoint, nonce })
      const response = await anyone(endpoint, { method: 'POST', headers, body: new URLSearchParams(parameters) })
      const answer = await response.json()
      if (response.ok) return answer.access_token
      nonce = response.headers.get('dpop-nonce')
      if (answer.error !== 'use_dpop_nonce') throw new Error(`${id}: ${JSON.stringify(answer)}`)
    }
    throw new Error(`${id}: a nonce is not enough`)
  }
  const own = (id, scope, options) => token(id, { grant_type: 'client_credentials', scope }, options)

  async function user(scope, details) {
    const verifier = randomUUID() + randomUUID()
    const request = new URL(`${server.issuer}/authorize`)
    request.search = new URLSearchParams({
      client_id: 'app', response_type: 'code', redirect_uri: redirect, scope, state: 's', resource: `https://${host}`,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
      ...(details ? { authorization_details: JSON.stringify(details) } : {}),
    })
    const callback = await new UserAgent(anyone).authorize(request)
    const code = callback.searchParams.get('code')
    return token('app', { grant_type: 'authorization_code', code, redirect_uri: redirect, code_verifier: verifier })
  }

  const expired = await own('reader', 'loans:read')
  await lastLonger(server)
  const revoked = await own('reader', 'loans:read')
  const revocation = { method: 'POST', headers: { authorization: basic('reader') }, body: new URLSearchParams({ token: revoked }) }
  const { status } = await anyone(`${server.issuer}/revoke`, revocation)
  if (status !== 200) throw new Error(`revocation: ${status}`)
  const reader = await own('reader', 'loans:read')
  return {
    ...await apiKeys(server),
    expired,
    revoked,
    reader,
    invented: 'invented',
    changed: reader.slice(0, -8) + (reader.at(-8) === 'A' ? 'B' : 'A') + reader.slice(-7),
    writer: await own('writer', 'loans:write'),
    elsewhere: await own('robot', 'accounts:read'),
    report: await own('robot', 'reports:read'),
    bound: await own('prover', 'loans:read', { prove: keys.own }),
    certified: await own('holder', 'loans:read', { certificate: identities.app }),
    alice: await user('loans:read'),
    detailed: await user('loans:read', [
      { type: 'transfer', account: 'DE1', actions: ['GET', 'POST'] },
      { type: 'order', amount: 100, payee: 'Bob' },
    ]),
  }
}

/** From now on tokens last an hour. */
async function lastLonger(server) {
  const file = path.join(path.dirname(server.config), 'realm.toml')
  await writeFile(file, (await readFile(file, 'utf8')).replace(lifetime('1s'), lifetime('1h')))
  await command(server, 'apply', file)
}

const command = (server, ...words) => promisify(execFile)(program, [...words, '--config', server.config])

/** API keys, by their names in the table. */
async function apiKeys(server) {
  const add = async (api, client, scope) => {
    const { stdout } = await command(server, 'api', 'key', 'add', `https://${api}`, '--client', client, '--scope', scope, '--for', '90d')
    return /sekisho_[0-9A-Za-z]{50}/.exec(stdout)[0]
  }
  const key = await add(host, 'reader', 'loans:read')
  const revoked = await add(host, 'reader', 'loans:read')
  await command(server, 'api', 'key', 'revoke', revoked)
  return {
    key,
    'key-revoked': revoked,
    'key-mistyped': key.slice(0, 20) + (key[20] === 'a' ? 'b' : 'a') + key.slice(21),
    'key-elsewhere': await add('api.example.com', 'robot', 'accounts:read'),
  }
}
