// Debian's Apache with mod_auth_openidc protects a page: a real browser signs in, is known there, and signs out.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { startApache } from '../lib/apache.js'
import { byId, launch } from '../lib/browser.js'
import { freePort, startServer } from '../lib/server.js'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = publicKey.export({ format: 'jwk' })

const inObject = ['client_id', 'response_type', 'scope', 'state', 'nonce', 'redirect_uri', 'code_challenge', 'code_challenge_method']
const requestObject = JSON.stringify({
  copy_from_request: inObject,
  crypto: { sign_alg: 'RS256' },
  request_object_type: 'request',
}).replaceAll('"', '\\"')

/** How Apache says that it is the client: what is registered, and its settings. */
const credentials = {
  client_secret_basic: {
    client: 'client_secret = "apache-secret"',
    settings: 'OIDCClientSecret apache-secret',
  },
  'private_key_jwt and signed requests': {
    client: `
token_endpoint_auth_method = "private_key_jwt"
require_signed_request_object = true
request_object_signing_alg = "RS256"
jwks = { keys = [{ kty = "RSA", kid = "apache", use = "sig", n = "${jwk.n}", e = "${jwk.e}" }] }`,
    // The module takes the method only after the key.
    settings: `
OIDCPrivateKeyFiles apache#DIRECTORY/private.pem
OIDCPublicKeyFiles apache#DIRECTORY/public.pem
OIDCProviderTokenEndpointAuth private_key_jwt
OIDCRequestObject "${requestObject}"`,
    files: {
      'private.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'public.pem': publicKey.export({ type: 'spki', format: 'pem' }),
    },
  },
}

for (const [method, { client, settings, files }] of Object.entries(credentials)) describe(`mod_auth_openidc by ${method}`, () => {
  let browser, server, apache
  before(async () => {
    browser = await launch()
    const port = await freePort()
    server = await startServer('sqlite', `
[[client]]
client_id                 = "apache"
client_name               = "Apache"
redirect_uris             = ["http://127.0.0.1:${port}/callback"]
post_logout_redirect_uris = ["http://127.0.0.1:${port}/open"]
backchannel_logout_uri    = "http://127.0.0.1:${port}/callback?logout=backchannel"
scope                     = "openid profile email"
${client}
`)
    apache = await startApache(port, `
OIDCProviderMetadataURL ${server.issuer}/.well-known/openid-configuration
OIDCClientID apache
OIDCRedirectURI http://127.0.0.1:${port}/callback
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCPassClaimsAs headers
${settings}
`, files)
  })
  after(async () => {
    await browser?.close()
    await apache?.stop()
    await server?.stop()
  })

  const headers = async (page) => JSON.parse(await page.locator('body').textContent())

  async function signIn(page) {
    await page.goto(`${apache.origin}/`)
    await page.waitForURL(`${server.issuer}/**`)
    await byId(page, 'username').fill('alice')
    await byId(page, 'password').fill('alice-password')
    await byId(page, 'sign-in').click()
    const approve = byId(page, 'approve')
    await approve.or(page.getByText('oidc_claim')).first().waitFor()
    if (await approve.count()) await approve.click()
    await page.waitForURL(`${apache.origin}/`)
  }

  // Conformance: oidcc-server oidcc-rp-initiated-logout
  test('a page knows who signed in, until they sign out', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    await signIn(page)
    const told = await headers(page)
    assert.equal(told.oidc_claim_email, 'alice@example.com')
    assert.equal(told.oidc_claim_given_name, 'Alice')
    assert.equal(told.oidc_claim_iss, server.issuer)
    assert.ok(told.oidc_access_token)

    const there = encodeURIComponent(`${apache.origin}/open`)
    await page.goto(`${apache.origin}/callback?logout=${there}`)
    await page.waitForURL(`${apache.origin}/open**`)
    assert.equal((await headers(page)).oidc_claim_email, undefined)
    await page.goto(`${apache.origin}/`)
    await page.waitForURL(`${server.issuer}/**`)
    await byId(page, 'sign-in').waitFor()
    await context.close()
  })

  // Conformance: B136 oidcc-backchannel-rp-initiated-logout
  test('who signs out at the server is signed out at the page by a log-out token', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    await signIn(page)
    await page.goto(`${server.issuer}/logout`)
    await byId(page, 'sign-out').click()
    await byId(page, 'sign-out').waitFor({ state: 'detached' })
    const deadline = Date.now() + 20_000
    do {
      assert.ok(Date.now() < deadline, `still signed in:\n${await apache.log()}`)
      await pause(200)
      await page.goto(`${apache.origin}/`)
    } while (page.url().startsWith(apache.origin))
    await byId(page, 'sign-in').waitFor()
    await context.close()
  })

  test('a user who refuses does not get in', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    await page.goto(`${apache.origin}/`)
    await byId(page, 'username').fill('bob')
    await byId(page, 'password').fill('bob-password')
    await byId(page, 'sign-in').click()
    const answer = page.waitForResponse((response) => response.url().startsWith(`${apache.origin}/callback?`))
    await byId(page, 'deny').click()
    // What it says depends on its version: some take the `iss` of an error for an invitation to sign in.
    assert.match((await answer).url(), /error=access_denied/)
    await page.goto(`${apache.origin}/`)
    await byId(page, 'approve').waitFor()
    await context.close()
  })
})
