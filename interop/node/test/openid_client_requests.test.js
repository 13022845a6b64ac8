// openid-client (npm) as a client that signs its requests, by value and by reference, and asks for single claims.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { webcrypto } from 'node:crypto'
import * as client from 'openid-client'
import { startServer } from '../lib/server.js'
import { UserAgent } from '../lib/user_agent.js'

const redirect = 'https://signing.example.com/callback'

const generate = () => webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])

describe('openid-client with signed requests', () => {
  let server, key, published, web
  before(async () => {
    key = await generate()
    const { x, y } = await webcrypto.subtle.exportKey('jwk', key.publicKey)
    web = createServer((_, response) => {
      response.setHeader('content-type', 'application/oauth-authz-req+jwt')
      response.end(published)
    }).listen(0, '127.0.0.1')
    await once(web, 'listening')
    server = await startServer('sqlite', `
[[client]]
client_id                     = "signing"
client_name                   = "Signing App"
client_secret                 = "signing-secret"
redirect_uris                 = ["${redirect}"]
request_uris                  = ["http://127.0.0.1:${web.address().port}/request#1"]
scope                         = "openid email"
request_object_signing_alg    = "ES256"
require_signed_request_object = true
jwks = { keys = [{ kty = "EC", crv = "P-256", x = "${x}", y = "${y}", kid = "sign", alg = "ES256" }] }
`)
  })
  after(async () => {
    web.close()
    await server?.stop()
  })

  const configure = () => client.discovery(
    new URL(server.issuer), 'signing', undefined, client.ClientSecretBasic('signing-secret'),
    { execute: [client.allowInsecureRequests] },
  )

  /** A signed request, and what checks its answer. */
  async function request(config, signingKey, more = {}) {
    const checks = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
      idTokenExpected: true,
    }
    const parameters = {
      redirect_uri: redirect,
      scope: 'openid',
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      ...more,
    }
    const url = await client.buildAuthorizationUrlWithJAR(config, parameters, { key: signingKey, kid: 'sign' })
    return { url, checks, parameters }
  }

  // Conformance: B28 B112 oidcc-claims-essential
  test('a signed request with single claims', async () => {
    const config = await configure()
    const claims = JSON.stringify({ userinfo: { email: { essential: true } }, id_token: { given_name: null } })
    const { url, checks } = await request(config, key.privateKey, { claims, max_age: '3600' })
    const tokens = await client.authorizationCodeGrant(config, await new UserAgent().authorize(url), checks)
    const { given_name: name, email, sub } = tokens.claims()
    assert.deepEqual([name, email], ['Alice', undefined])
    const user = await client.fetchUserInfo(config, tokens.access_token, sub)
    assert.deepEqual([user.email, user.given_name], ['alice@example.com', undefined])
  })

  // Conformance: B115
  test('a signed request at an address of the client', async () => {
    const config = await configure()
    const { url, checks } = await request(config, key.privateKey)
    published = url.searchParams.get('request')
    const byReference = new URL(url)
    byReference.searchParams.delete('request')
    byReference.searchParams.set('request_uri', `http://127.0.0.1:${web.address().port}/request#1`)
    const callback = await new UserAgent().authorize(byReference)
    const tokens = await client.authorizationCodeGrant(config, callback, checks)
    assert.equal(tokens.claims().nonce, checks.expectedNonce)
  })

  // Conformance: B108 B111
  test('a request that is unsigned, or signed by another key, is refused', async () => {
    const config = await configure()
    const unsigned = await request(config, key.privateKey)
    const plain = client.buildAuthorizationUrl(config, unsigned.parameters)
    const callback = await new UserAgent().authorize(plain)
    await assert.rejects(client.authorizationCodeGrant(config, callback, unsigned.checks), { error: 'invalid_request' })

    const { url } = await request(config, (await generate()).privateKey)
    const answer = await new UserAgent().open(url)
    assert.equal(answer.status, 400)
    assert.match(answer.html, /invalid_request_object/)
  })
})
