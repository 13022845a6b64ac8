// openid-client as a FAPI 2.0 client pays through the gateway, with DPoP and with a certificate. The API behind it knows
// nothing of tokens. Whatever is tampered with is refused, with the challenge that says why.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import * as client from 'openid-client'
import { authority, fetchWith } from '../lib/certificates.js'
import { freePort, startServer } from '../lib/server.js'
import { UserAgent } from '../lib/user_agent.js'

const redirect = 'https://app.example.com/callback'
const schema = JSON.stringify({
  type: 'object',
  required: ['amount', 'payee'],
  properties: { amount: { type: 'string' }, payee: { type: 'string' } },
})
const permitted = { amount: '100.00', payee: 'Bob' }

const realm = (api, upstream, jwk) => `
[[api]]
identifier = "${api}"
name       = "Payments"
profile    = "fapi2-security"
upstream   = "http://127.0.0.1:${upstream}"
scope      = [{ name = "pay", description = { en = "Pay" } }]
authorization_details = [{ type = "payment", schema = '''${schema}''', consent = { en = "Pay {amount} to {payee}" } }]
route      = [{ methods = ["POST"], path = "/payments", authorization_details = { type = "payment", body = { amount = "/amount", payee = "/payee" } } }]
${['dpop_bound_access_tokens', 'tls_client_certificate_bound_access_tokens'].map((bound) => `
[[client]]
client_id                    = "${bound.startsWith('dpop') ? 'proofs' : 'certificates'}"
client_name                  = "Payer"
profile                      = "fapi2-security"
redirect_uris                = ["${redirect}"]
grant_types                  = ["authorization_code"]
scope                        = "openid"
id_token_signed_response_alg = "ES256"
token_endpoint_auth_method   = "private_key_jwt"
authorization_details_types  = ["payment"]
jwks                         = { keys = [${jwk}] }
${bound} = true
`).join('')}`

describe('a FAPI 2.0 client pays through the gateway', () => {
  let server, bank, ca, identities, key, api
  const orders = []
  before(async () => {
    ca = authority('Partners')
    identities = { app: ca.issue('app'), other: ca.issue('other') }
    key = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    const { x, y } = await webcrypto.subtle.exportKey('jwk', key.publicKey)
    const jwk = `{ kty = "EC", crv = "P-256", x = "${x}", y = "${y}", kid = "app", use = "sig", alg = "ES256" }`
    bank = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      orders.push({ subject: request.headers['sekisho-subject'], client: request.headers['sekisho-client'], body: JSON.parse(body) })
      response.writeHead(201).end('paid')
    }).listen(0, '127.0.0.1')
    await once(bank, 'listening')
    const port = await freePort()
    api = `https://localhost:${port}`
    server = await startServer('sqlite', realm(api, bank.address().port, jwk), '', true, `
[[listener]]
bind = "127.0.0.1:${port}"
role = "gateway"
tls  = "dev"
client_certificates = "request"
`)
  })
  after(async () => {
    await server?.stop()
    bank?.closeAllConnections()
    bank?.close()
    ca?.close()
  })

  async function configure(id, identity) {
    const metadata = { id_token_signed_response_alg: 'ES256', use_mtls_endpoint_aliases: Boolean(identity) }
    return client.discovery(new URL(server.issuer), id, metadata, client.PrivateKeyJwt({ key: key.privateKey, kid: 'app' }), {
      [client.customFetch]: fetchWith(server.ca, identity),
    })
  }

  /** Asks the user for one payment, and gets a token for it. */
  async function consent(config, options) {
    const checks = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState(), expectedNonce: client.randomNonce(),
    }
    const url = await client.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: redirect, scope: 'openid', resource: api, state: checks.expectedState, nonce: checks.expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier), code_challenge_method: 'S256',
      authorization_details: JSON.stringify([{ type: 'payment', ...permitted }]),
    }, options)
    const callback = await new UserAgent(fetchWith(server.ca)).authorize(url)
    return client.authorizationCodeGrant(config, callback, checks, { resource: api }, options)
  }

  const pay = (config, tokens, order, options) =>
    client.fetchProtectedResource(config, tokens.access_token, new URL(`${api}/payments`), 'POST', JSON.stringify(order),
      new Headers({ 'content-type': 'application/json' }), options)

  /** It is refused with this status, and the first challenge says this; the bank learns nothing of it. */
  async function isRefused(attempt, status, scheme, error) {
    const before = orders.length
    const refusal = await attempt.then((response) => assert.fail(`it was answered ${response.status}`), (refusal) => refusal)
    assert.equal(refusal.status, status, refusal.stack)
    const [challenge] = refusal.cause
    assert.deepEqual([challenge.scheme, challenge.parameters.error], [scheme, error])
    assert.equal(orders.length, before)
  }

  async function isPaid(attempt, id) {
    const response = await attempt
    assert.equal(response.status, 201)
    const order = orders.pop()
    assert.deepEqual([order.client, order.body], [id, permitted])
    assert.ok(order.subject && order.subject !== id, 'the user')
  }

  test('with DPoP', async () => {
    const config = await configure('proofs')
    const handle = async () => client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
    const options = { DPoP: await handle() }
    const tokens = await consent(config, options)
    await isPaid(pay(config, tokens, permitted, options), 'proofs')
    await isRefused(pay(config, tokens, { ...permitted, amount: '1000.00' }, options), 403, 'dpop', 'insufficient_scope')
    await isRefused(pay(config, tokens, { ...permitted, payee: 'Mallory' }, options), 403, 'dpop', 'insufficient_scope')
    await isRefused(pay(config, tokens, permitted), 401, 'bearer', 'invalid_token')
    await isRefused(pay(config, tokens, permitted, { DPoP: await handle() }), 401, 'dpop', 'invalid_token')
    await isRefused(pay(config, { access_token: `${tokens.access_token.slice(0, -4)}AAAA` }, permitted, options), 401, 'dpop', 'invalid_token')
    await client.tokenRevocation(config, tokens.access_token)
    await isRefused(pay(config, tokens, permitted, options), 401, 'dpop', 'invalid_token')
  })

  test('a proof that somebody else saw is worth nothing', async () => {
    const config = await configure('proofs')
    const options = { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) }
    const tokens = await consent(config, options)
    let sent
    const plain = config[client.customFetch]
    config[client.customFetch] = (url, request) => { sent = { url, request }; return plain(url, request) }
    await isPaid(pay(config, tokens, permitted, options), 'proofs')
    const replayed = await plain(sent.url, sent.request)
    assert.equal(replayed.status, 401)
    assert.match(replayed.headers.get('www-authenticate'), /^DPoP .*error="invalid_dpop_proof"/)
    assert.equal(orders.length, 0)
  })

  test('with a certificate', async () => {
    const config = await configure('certificates', identities.app)
    const tokens = await consent(config)
    await isPaid(pay(config, tokens, permitted), 'certificates')
    await isRefused(pay(config, tokens, { ...permitted, amount: '1000.00' }), 403, 'bearer', 'insufficient_scope')
    await isRefused(pay(await configure('certificates', identities.other), tokens, permitted), 401, 'bearer', 'invalid_token')
    await isRefused(pay(await configure('certificates'), tokens, permitted), 401, 'bearer', 'invalid_token')
  })
})
