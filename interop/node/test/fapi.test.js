// openid-client (npm) as a client of the financial-grade profiles, over TLS that asks for its certificate.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { SignJWT } from 'jose'
import * as client from 'openid-client'
import { authority, fetchWith } from '../lib/certificates.js'
import { startServer } from '../lib/server.js'
import { UserAgent } from '../lib/user_agent.js'

const redirect = 'https://app.example.com/callback'
const ES256 = { name: 'ECDSA', namedCurve: 'P-256' }

/** A client of a realm file. */
const registration = (id, profile, grants, jwk, more) => `
[[client]]
client_id                    = "${id}"
client_name                  = "${id}"
profile                      = "${profile}"
redirect_uris                = ["${redirect}"]
grant_types                  = ${JSON.stringify(grants)}
scope                        = "openid profile offline_access accounts:read"
id_token_signed_response_alg = "ES256"
jwks                         = { keys = [${jwk}] }
${more}
`
const byKey = 'token_endpoint_auth_method = "private_key_jwt"'
const ciba = 'backchannel_token_delivery_mode = "poll"\nbackchannel_authentication_request_signing_alg = "ES256"\nresponse_types = []'
const bound = 'tls_client_certificate_bound_access_tokens = true'

const grants = {
  branch: ['urn:openid:params:grant-type:ciba', 'refresh_token'],
  // What carries an ID token through the browser needs the grant type implicit (OpenID Connect Registration §2).
  hybrid: ['authorization_code', 'implicit', 'refresh_token'],
}

describe('openid-client at financial grade', () => {
  let server, ca, key, identities, anyone
  before(async () => {
    ca = authority('Partners')
    identities = { app: ca.issue('app'), other: ca.issue('other') }
    key = await webcrypto.subtle.generateKey(ES256, true, ['sign', 'verify'])
    const { x, y } = await webcrypto.subtle.exportKey('jwk', key.publicKey)
    const jwk = `{ kty = "EC", crv = "P-256", x = "${x}", y = "${y}", kid = "app", use = "sig", alg = "ES256" }`
    const clients = [
      ['proofs', 'fapi2-security', `${byKey}\ndpop_bound_access_tokens = true`],
      ['certificates', 'fapi2-security', `${byKey}\n${bound}`],
      ['named', 'fapi2-security', `token_endpoint_auth_method = "tls_client_auth"\ntls_client_auth_subject_dn = "CN=app"\n${bound}`],
      ['signing', 'fapi2-message-signing', `${byKey}\ndpop_bound_access_tokens = true\nrequest_object_signing_alg = "ES256"\nauthorization_signed_response_alg = "ES256"`],
      ['branch', 'fapi1-advanced', `${byKey}\n${bound}\n${ciba}`],
      ['hybrid', 'fapi1-advanced', `${byKey}\n${bound}\nrequest_object_signing_alg = "ES256"\nresponse_types = ["code id_token"]`],
    ].map(([id, profile, more]) => registration(id, profile, grants[id] ?? ['authorization_code', 'refresh_token'], jwk, more))
    server = await startServer('sqlite', clients.join(''), `client_ca = ["${ca.file}"]`, true)
    anyone = fetchWith(server.ca)
  })
  after(async () => {
    await server?.stop()
    ca?.close()
  })

  /** The configuration of a client that shows a certificate, or none. */
  async function configure(id, identity, authentication = client.PrivateKeyJwt({ key: key.privateKey, kid: 'app' })) {
    const metadata = { id_token_signed_response_alg: 'ES256', authorization_signed_response_alg: 'ES256', use_mtls_endpoint_aliases: Boolean(identity) }
    return client.discovery(new URL(server.issuer), id, metadata, authentication, {
      [client.customFetch]: fetchWith(server.ca, identity),
    })
  }

  /** What a request says, and what checks its answer. */
  async function request(more = {}) {
    const checks = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
      idTokenExpected: true,
    }
    const parameters = {
      redirect_uri: redirect,
      scope: 'openid profile offline_access',
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      ...more,
    }
    return { checks, parameters }
  }

  const walk = (url, options) => new UserAgent(anyone).authorize(url, options)

  /** Calls UserInfo by a client's tokens, with whatever it shows. */
  const call = (config, tokens, options) =>
    client.fetchProtectedResource(config, tokens.access_token, new URL(config.serverMetadata().userinfo_endpoint), 'GET', undefined, undefined, options)

  /** What a refused call answers: the library makes an error of a challenge. */
  async function isRefused(config, tokens, options) {
    const status = await call(config, tokens, options).then((response) => response.status, (error) => error.status)
    assert.equal(status, 401)
  }

  /** Pushes, walks, redeems, calls and refreshes. */
  async function complete(config, options) {
    const { checks, parameters } = await request()
    const url = await client.buildAuthorizationUrlWithPAR(config, parameters, options)
    assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri'])
    const tokens = await client.authorizationCodeGrant(config, await walk(url), checks, undefined, options)
    const called = await call(config, tokens, options)
    assert.equal((await called.json()).sub, tokens.claims().sub)
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, options)
    assert.equal(refreshed.claims().sub, tokens.claims().sub)
    assert.ok([undefined, tokens.refresh_token].includes(refreshed.refresh_token), 'it does not rotate')
    return tokens
  }

  // Conformance: fapi2-security-profile-final-happy-flow F2-AZ-02 F2-AS-04 F2-AS-11 DPOP-08 DPOP-RS-01
  test('FAPI 2.0 Security: private_key_jwt and DPoP', async () => {
    const config = await configure('proofs')
    const options = { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) }
    const tokens = await complete(config, options)
    assert.equal(tokens.token_type, 'dpop')
    await isRefused(config, tokens)
    await isRefused(config, tokens, { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) })
  })

  // Conformance: F2-AS-04 MTLS-04 MTLS-RS-01
  test('FAPI 2.0 Security: private_key_jwt and a certificate that tokens are bound to', async () => {
    const config = await configure('certificates', identities.app)
    const tokens = await complete(config)
    assert.equal(tokens.token_type, 'bearer')
    await isRefused(await configure('certificates', identities.other), tokens)
    await isRefused(await configure('certificates'), tokens)
  })

  // Conformance: F2-AS-05 MTLS-01 MTLS-02
  test('FAPI 2.0 Security: tls_client_auth', async () => {
    const config = await configure('named', identities.app, client.TlsClientAuth())
    await complete(config)
    const stranger = await configure('named', identities.other, client.TlsClientAuth())
    const { parameters } = await request()
    await assert.rejects(client.buildAuthorizationUrlWithPAR(stranger, parameters), (error) => error.error === 'invalid_client' || error.status === 401)
  })

  // Conformance: F2MS-01 F2MS-02 F2MS-04 JARM-01 PAR-07
  test('FAPI 2.0 Message Signing: a signed request is pushed, and the answer is signed', async () => {
    const config = await configure('signing')
    client.useJwtResponseMode(config)
    const options = { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) }
    const signed = async (signer, more) => {
      const { checks, parameters } = await request(more)
      const url = await client.buildAuthorizationUrlWithJAR(config, parameters, { key: signer, kid: 'app' })
      return { checks, parameters: url.searchParams }
    }
    const { checks, parameters } = await signed(key.privateKey)
    const callback = await walk(await client.buildAuthorizationUrlWithPAR(config, parameters, options))
    assert.deepEqual([...callback.searchParams.keys()], ['response'], 'nothing is beside the JWT')
    const tokens = await client.authorizationCodeGrant(config, callback, checks, undefined, options)
    assert.equal((await call(config, tokens, options)).status, 200)

    const denied = await signed(key.privateKey, { prompt: 'consent' })
    const refusal = await walk(await client.buildAuthorizationUrlWithPAR(config, denied.parameters, options), { decision: 'deny' })
    await assert.rejects(
      client.authorizationCodeGrant(config, refusal, denied.checks, undefined, options),
      (error) => error.error === 'access_denied',
    )
    const foreign = await webcrypto.subtle.generateKey(ES256, true, ['sign', 'verify'])
    const { parameters: forged } = await signed(foreign.privateKey)
    await assert.rejects(client.buildAuthorizationUrlWithPAR(config, forged, options), (error) => error.error === 'invalid_request_object')
    const { parameters: unsigned } = await request()
    await assert.rejects(client.buildAuthorizationUrlWithPAR(config, unsigned, options), (error) => error.status === 400)
  })

  // Conformance: fapi1-advanced-final F1A-AS-02 F1A-AS-04 F1A-AS-05 F1A-AS-14 F1A-AS-15 SEED2-03 SEED2-04
  test('FAPI 1.0 Advanced: a signed request, a detached signature, a certificate', async () => {
    const config = await configure('hybrid', identities.app)
    client.useCodeIdTokenResponseType(config)
    client.enableDetachedSignatureResponseChecks(config)
    const { checks, parameters } = await request()
    const url = await client.buildAuthorizationUrlWithJAR(config, parameters, { key: key.privateKey, kid: 'app' }, {
      [client.modifyAssertion]: (_, claims) => { claims.nbf ??= claims.iat },
    })
    const callback = await walk(url)
    assert.equal(callback.search, '', 'the answer is in the fragment')
    const tokens = await client.authorizationCodeGrant(config, callback, checks)
    assert.equal((await call(config, tokens)).status, 200)
    await isRefused(await configure('hybrid', identities.other), tokens)

    const plain = await walk(client.buildAuthorizationUrl(config, parameters))
    assert.equal(new URLSearchParams(plain.hash.slice(1)).get('error'), 'invalid_request')
  })

  // Conformance: fapi-ciba-id1 FCIBA-04 CIBA-07 CIBA-13 CIBA-14
  test('FAPI-CIBA: a signed request, an answer on another device, polling', async () => {
    const config = await configure('branch', identities.app)
    const ask = async (claims) => {
      const request = await new SignJWT({ scope: 'openid profile', login_hint: 'alice', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'app' })
        .setIssuer('branch').setAudience(server.issuer).setIssuedAt().setNotBefore('0s').setExpirationTime('5m')
        .setJti(webcrypto.randomUUID()).sign(key.privateKey)
      return client.initiateBackchannelAuthentication(config, { request })
    }
    const answer = async (decision) => {
      const device = new UserAgent(anyone)
      const page = await device.open(`${server.issuer}/account/requests`)
      const waiting = await device.submit(page, 'sign-in', { username: 'alice', password: 'alice-password' })
      assert.match(waiting.html, /Desk 4/)
      await device.submit(waiting, decision)
    }
    const asked = await ask({ binding_message: 'Desk 4' })
    await answer('approve')
    const tokens = await client.pollBackchannelAuthenticationGrant(config, asked)
    assert.equal((await (await call(config, tokens)).json()).sub, tokens.claims().sub)
    await isRefused(await configure('branch', identities.other), tokens)

    const refused = await ask({ binding_message: 'Desk 4' })
    await answer('deny')
    await assert.rejects(client.pollBackchannelAuthenticationGrant(config, refused), (error) => error.error === 'access_denied')
  })
})
