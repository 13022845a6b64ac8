// openid-client (npm) as a client with keys: private_key_jwt, encrypted ID tokens, log-out.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import * as client from 'openid-client'
import { startServer } from '../lib/server.js'
import { UserAgent } from '../lib/user_agent.js'

const redirect = 'https://keys.example.com/callback'
const signedOut = 'https://keys.example.com/signed-out'

const generate = (algorithm, usages) => webcrypto.subtle.generateKey(algorithm, true, usages)

/** A public key as a table of a realm file. */
async function toml(key, more) {
  const { kty, crv, x, y, n, e } = await webcrypto.subtle.exportKey('jwk', key)
  const members = { kty, crv, x, y, n, e, ...more }
  return `{ ${Object.entries(members).filter(([, value]) => value).map(([name, value]) => `${name} = "${value}"`).join(', ')} }`
}

describe('openid-client with keys', () => {
  let server, sign, decrypt
  before(async () => {
    sign = await generate({ name: 'ECDSA', namedCurve: 'P-256' }, ['sign', 'verify'])
    const rsa = { name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
    decrypt = await generate(rsa, ['encrypt', 'decrypt'])
    server = await startServer('sqlite', `
[[client]]
client_id                       = "keys"
client_name                     = "App with Keys"
redirect_uris                   = ["${redirect}"]
post_logout_redirect_uris       = ["${signedOut}"]
grant_types                     = ["authorization_code", "refresh_token"]
scope                           = "openid profile email offline_access"
token_endpoint_auth_method      = "private_key_jwt"
id_token_signed_response_alg    = "ES256"
id_token_encrypted_response_alg = "RSA-OAEP-256"
id_token_encrypted_response_enc = "A256GCM"
jwks = { keys = [
  ${await toml(sign.publicKey, { kid: 'sign', use: 'sig', alg: 'ES256' })},
  ${await toml(decrypt.publicKey, { kid: 'decrypt', use: 'enc', alg: 'RSA-OAEP-256' })},
] }
`)
  })
  after(() => server?.stop())

  async function configure() {
    const metadata = { id_token_signed_response_alg: 'ES256' }
    const authentication = client.PrivateKeyJwt({ key: sign.privateKey, kid: 'sign' })
    const config = await client.discovery(new URL(server.issuer), 'keys', metadata, authentication, {
      execute: [client.allowInsecureRequests],
    })
    client.enableDecryptingResponses(config, ['A256GCM'], { key: decrypt.privateKey, kid: 'decrypt' })
    return config
  }

  async function request() {
    const checks = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
      idTokenExpected: true,
    }
    const parameters = {
      redirect_uri: redirect,
      scope: 'openid profile email offline_access',
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
    }
    return { checks, parameters }
  }

  // Conformance: B65 B82 B131 oidcc-ensure-client-assertion-with-iss-aud-succeeds oidcc-rp-initiated-logout
  test('private_key_jwt, an encrypted ID token, refresh, and log-out', async () => {
    const config = await configure()
    const { checks, parameters } = await request()
    const browser = new UserAgent()
    const callback = await browser.authorize(client.buildAuthorizationUrl(config, parameters))
    const tokens = await client.authorizationCodeGrant(config, callback, checks)
    assert.equal(tokens.id_token.split('.').length, 5, 'it is a JWE')
    assert.equal(tokens.claims().iss, server.issuer)
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
    assert.equal(refreshed.claims().sub, tokens.claims().sub)

    const hint = client.getDecryptedResponses(tokens).id_token.token_endpoint
    const end = client.buildEndSessionUrl(config, { post_logout_redirect_uri: signedOut, id_token_hint: hint, state: 's' })
    const answer = await browser.open(end)
    assert.equal(answer.callback?.href, `${signedOut}?state=s`)
    const silent = await browser.open(client.buildAuthorizationUrl(config, { ...parameters, prompt: 'none' }))
    assert.equal(silent.callback.searchParams.get('error'), 'login_required')
  })

  test('another key is invalid_client', async () => {
    const other = await generate({ name: 'ECDSA', namedCurve: 'P-256' }, ['sign', 'verify'])
    const authentication = client.PrivateKeyJwt({ key: other.privateKey, kid: 'sign' })
    const config = await client.discovery(new URL(server.issuer), 'keys', {}, authentication, {
      execute: [client.allowInsecureRequests],
    })
    await assert.rejects(client.refreshTokenGrant(config, 'x'), (error) => error.error === 'invalid_client' || error.status === 401)
  })
})
