// openid-client as a device, and a real browser in which its user answers.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import * as client from 'openid-client'
import { byId, inspect, launch } from '../lib/browser.js'
import { startServer } from '../lib/server.js'

describe('device', () => {
  let server, browser
  before(async () => { [server, browser] = await Promise.all([startServer('sqlite'), launch()]) })
  after(async () => {
    await browser?.close()
    await server?.stop()
  })

  async function begin(scope) {
    const config = await client.discovery(new URL(server.issuer), 'tv', undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    })
    return { config, device: await client.initiateDeviceAuthorization(config, { scope }) }
  }

  async function profile(language, options = {}) {
    const context = await browser.newContext({ locale: language === 'ja' ? 'ja-JP' : 'en-GB', ...options })
    context.setDefaultTimeout(15_000)
    const page = await context.newPage()
    const complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) complaints.push(message.text())
    })
    const close = async () => {
      await context.close()
      assert.deepEqual(complaints, [])
    }
    return { page, close }
  }

  async function signIn(page) {
    await byId(page, 'username').fill('alice')
    await byId(page, 'password').fill('alice-password')
    await byId(page, 'sign-in').click()
  }

  for (const language of ['en', 'ja']) {
    test(`the user types the code and approves, and the device gets its tokens (${language})`, async () => {
      const { config, device } = await begin('openid email offline_access accounts:read')
      const { page, close } = await profile(language)
      const look = (name) => inspect(page, `${name}-${language}`, language)
      await page.goto(device.verification_uri)
      await look('device')
      await byId(page, 'user-code').fill('BBBB-BBBB')
      await byId(page, 'continue').click()
      await byId(page, 'error-summary').waitFor()
      await look('device-refused')
      await byId(page, 'user-code').fill(device.user_code.toLowerCase().replace('-', ''))
      await page.keyboard.press('Enter')
      await byId(page, 'username').waitFor()
      await look('device-sign-in')
      await signIn(page)
      assert.equal(await byId(page, 'shown-code').textContent(), device.user_code)
      await look('device-consent')
      await byId(page, 'scope-email').uncheck()

      const polling = client.pollDeviceAuthorizationGrant(config, device)
      await byId(page, 'approve').click()
      await page.waitForURL('**/device?done=approved')
      await look('device-approved')
      const tokens = await polling
      assert.equal(tokens.scope, 'accounts:read offline_access openid')
      const user = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
      assert.equal(user.email, undefined)
      const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
      assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
      await close()
    })
  }

  test('with a link from the device and without JavaScript, the user refuses', async () => {
    const { config, device } = await begin('openid')
    const { page, close } = await profile('en', { javaScriptEnabled: false })
    await page.goto(device.verification_uri_complete)
    assert.equal(await byId(page, 'user-code').inputValue(), device.user_code)
    await byId(page, 'continue').click()
    await signIn(page)
    await byId(page, 'deny').click()
    await page.waitForURL('**/device?done=denied')
    await assert.rejects(client.pollDeviceAuthorizationGrant(config, device), { error: 'access_denied' })
    await close()
  })
})
