// Passkeys in a real browser, with Chromium's own authenticator: enrolled, used alone, as a second step, and removed.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { byId, inspect, launch } from '../lib/browser.js'
import { startServer } from '../lib/server.js'

// RFC 6238, appendix B: the secret of a user whose session can count for two factors.
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const user = (name) => `
[[user]]
username = "${name}"
password = "${name}-password"
totp_secret = "${secret}"
`

function totp(step) {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const hash = createHmac('sha1', Buffer.from('12345678901234567890')).update(counter).digest()
  const at = hash[19] & 15
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

describe('passkeys', () => {
  let server, browser
  before(async () => {
    [server, browser] = await Promise.all([startServer('sqlite', ['carol', 'dave', 'erin'].map(user).join('')), launch()])
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** A browser profile with an authenticator of its own: `{ page, device, close }`. */
  async function profile(language, options = {}) {
    const context = await browser.newContext({ locale: language === 'ja' ? 'ja-JP' : 'en-GB' })
    context.setDefaultTimeout(15_000)
    const page = await context.newPage()
    const complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) complaints.push(message.text())
    })
    const device = await authenticator(page, options)
    const close = async () => {
      await context.close()
      assert.deepEqual(complaints, [])
    }
    return { page, device, close }
  }

  async function authenticator(page, options = {}) {
    const debug = await page.context().newCDPSession(page)
    await debug.send('WebAuthn.enable')
    const { authenticatorId } = await debug.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        ...options,
      },
    })
    const credentials = async () => (await debug.send('WebAuthn.getCredentials', { authenticatorId })).credentials
    return { credentials }
  }

  async function signIn(page, username) {
    await byId(page, 'username').fill(username)
    await byId(page, 'password').fill(`${username}-password`)
    await byId(page, 'sign-in').click()
  }

  /** Signs in with password and app, and enrols a passkey. */
  async function enrol(page, username, look = async () => {}) {
    await page.goto(`${server.issuer}/account/factors/passkey`)
    await signIn(page, username)
    await byId(page, 'code').fill(totp(Math.floor(Date.now() / 30_000)))
    await byId(page, 'continue').click()
    await byId(page, 'passkey-name').waitFor()
    await look('passkey-enrol')
    await byId(page, 'passkey-name').fill('青い鍵 🔑')
    await byId(page, 'use-passkey').click()
    await page.waitForURL('**/account?done=enrolled')
    await look('passkey-enrolled')
  }

  /** From now on, a browser that offers passkeys by the button alone. */
  const offerNoneInField = (page) => page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false
  })

  async function signOut(page) {
    await page.goto(`${server.issuer}/account`)
    await byId(page, 'sign-out').click()
    await byId(page, 'sign-out').waitFor({ state: 'detached' })
  }

  const users = { en: 'carol', ja: 'dave' }
  for (const language of ['en', 'ja']) {
    test(`it is enrolled, signs in from the field and by the button, and is removed (${language})`, async () => {
      const { page, device, close } = await profile(language)
      const look = (name) => inspect(page, `${name}-${language}`, language)
      await enrol(page, users[language], look)
      const [credential] = await device.credentials()
      assert.ok(credential.isResidentCredential && credential.rpId === 'localhost')
      await signOut(page)

      // The browser offers it in the field, and this one takes what it is offered.
      await page.goto(`${server.issuer}/account`)
      await byId(page, 'sign-out').waitFor()
      await signOut(page)

      await offerNoneInField(page)
      await page.goto(`${server.issuer}/account`)
      await byId(page, 'use-passkey').waitFor()
      await look('passkey-sign-in')
      await byId(page, 'use-passkey').click()
      await byId(page, 'sign-out').waitFor()

      const item = page.locator('a[href*="/account/factors/item"]', { hasText: '青い鍵' }).first()
      await item.click()
      await byId(page, 'remove').click()
      await page.waitForURL('**/account?done=removed')
      await signOut(page)
      // Its key is still in the device.
      await page.goto(`${server.issuer}/account`)
      await byId(page, 'use-passkey').click()
      await byId(page, 'error-summary').waitFor()
      await look('passkey-refused')
      await close()
    })
  }

  test('an app that asks for more gets it by the passkey alone, and the page says what went wrong', async () => {
    const { page, close } = await profile('en')
    await enrol(page, 'erin')
    await page.context().clearCookies()
    await offerNoneInField(page)
    await page.goto(`${server.issuer}/account`)
    await signIn(page, 'erin')
    await byId(page, 'sign-out').waitFor()
    const url = new URL(`${server.issuer}/authorize`)
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: 'web-app',
      redirect_uri: 'https://app.example.com/callback',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      acr_values: 'urn:sekisho:acr:loa3',
    })
    await page.goto(url.href)
    await byId(page, 'use-passkey').waitFor()
    assert.equal(await byId(page, 'password').count(), 0)
    await inspect(page, 'passkey-factor-en', 'en')
    // Nobody is there: the user closes the browser's window.
    await page.evaluate(() => {
      navigator.credentials.get = async () => { throw new DOMException('closed', 'NotAllowedError') }
    })
    await byId(page, 'use-passkey').click()
    await page.locator('#passkey-problem:not([hidden])').waitFor()
    await inspect(page, 'passkey-cancelled-en', 'en')
    await page.reload()
    await byId(page, 'use-passkey').click()
    await byId(page, 'approve').waitFor()
    await close()
  })

  test('where scripts do not run the other ways are there', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' })
    const page = await context.newPage()
    await page.goto(`${server.issuer}/account`)
    assert.ok(!(await byId(page, 'use-passkey').isVisible()))
    await signIn(page, 'alice')
    await byId(page, 'sign-out').waitFor()
    await context.close()
  })
})
