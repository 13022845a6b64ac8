// Debian's Apache with mod_auth_openidc protects a page: a real browser signs in, is known there, and signs out.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { startApache } from '../lib/apache.js'
import { byId, launch } from '../lib/browser.js'
import { freePort, startServer } from '../lib/server.js'

describe('mod_auth_openidc', () => {
  let browser, server, apache, port
  before(async () => {
    browser = await launch()
    port = await freePort()
    server = await startServer('sqlite', `
[[client]]
client_id                 = "apache"
client_name               = "Apache"
client_secret             = "apache-secret"
redirect_uris             = ["http://127.0.0.1:${port}/callback"]
post_logout_redirect_uris = ["http://127.0.0.1:${port}/open"]
grant_types               = ["authorization_code", "refresh_token"]
scope                     = "openid profile email"
`)
    apache = await startApache(port, `
OIDCProviderMetadataURL ${server.issuer}/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret apache-secret
OIDCRedirectURI http://127.0.0.1:${port}/callback
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCPassClaimsAs headers
`)
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
