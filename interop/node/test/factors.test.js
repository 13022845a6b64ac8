// A real browser: an authenticator app is set up, used and removed; recovery codes; what waits for the operator.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { promisify } from 'node:util'
import * as client from 'openid-client'
import { byId, inspect, launch } from '../lib/browser.js'
import { program, startServer } from '../lib/server.js'

const run = promisify(execFile)
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const LOA3 = 'urn:sekisho:acr:loa3'
const PHONE = { viewport: { width: 390, height: 844 } }

const USERS = `
[[user]]
username = "carol"
password = "carol-password"
name     = "Carol Example"
totp_secret = "${SECRET}"
[[user]]
username = "dave"
password = "dave-password"
name     = "デイブ 👩‍👧 Ælfrēd مرحبا"
`

/** The code of RFC 6238 that is shown at a time: made here, so that two programs agree. */
function code(secret, at = Date.now()) {
  const bits = [...secret.replaceAll(' ', '')].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
  const tag = createHmac('sha1', key).update(counter).digest()
  const number = tag.readUInt32BE(tag.at(-1) & 0xf) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, '0')
}

describe('factors', () => {
  let server, browser, config
  before(async () => {
    [server, browser] = await Promise.all([startServer('sqlite', USERS), launch()])
    config = await client.discovery(new URL(server.issuer), 'web-app', undefined, client.ClientSecretBasic('web-app-secret'), {
      execute: [client.allowInsecureRequests],
    })
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
  })

  async function profile(language, options = {}) {
    const context = await browser.newContext({ locale: language === 'ja' ? 'ja-JP' : 'en-GB', ...options })
    context.setDefaultTimeout(15_000)
    const page = await context.newPage()
    const complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) complaints.push(message.text())
    })
    await page.route('https://app.example.com/**', (route) => route.fulfill({ body: 'back at the app' }))
    const close = async () => {
      await context.close()
      assert.deepEqual(complaints, [])
    }
    return { page, close }
  }

  async function signIn(page, username) {
    await byId(page, 'username').fill(username)
    await byId(page, 'password').fill(`${username}-password`)
    await byId(page, 'sign-in').click()
  }

  async function type(page, text) {
    await byId(page, 'code').fill(text)
    await byId(page, 'continue').click()
  }

  /** What the operator does, and what the command answers. */
  async function operate(...words) {
    const { stdout } = await run(program, ['user', ...words, '--config', server.config, '--json'])
    return JSON.parse(stdout)
  }

  /** Sends the browser through an authorization request that asks for two factors. */
  async function begin(page) {
    const verifier = client.randomPKCECodeVerifier()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: 'https://app.example.com/callback',
      scope: 'openid',
      state: 'state',
      prompt: 'consent',
      acr_values: LOA3,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    await page.goto(url.href)
    return verifier
  }

  async function claims(page, verifier) {
    await byId(page, 'approve').click()
    await page.waitForURL('https://app.example.com/callback**')
    const tokens = await client.authorizationCodeGrant(config, new URL(page.url()), {
      pkceCodeVerifier: verifier,
      expectedState: 'state',
    })
    return tokens.claims()
  }

  test('who is signed in by password proves the second factor alone, and the token says so', async () => {
    const { page, close } = await profile('en')
    await page.goto(`${server.issuer}/account`)
    await signIn(page, 'carol')
    await byId(page, 'sign-out').waitFor()
    const verifier = await begin(page)
    await byId(page, 'code').waitFor()
    assert.equal(await byId(page, 'password').count(), 0)
    await type(page, '000000')
    await byId(page, 'error-summary').waitFor()
    await inspect(page, 'factor-refused-en', 'en')
    await type(page, code(SECRET))
    const told = await claims(page, verifier)
    assert.equal(told.acr, LOA3)
    assert.deepEqual(told.amr, ['pwd', 'otp', 'mfa'])
    await close()
  })

  for (const [language, options] of [['en', {}], ['ja', PHONE]]) {
    test(`an app is set up, approved, used and removed, and codes are written down (${language})`, async () => {
      const { page, close } = await profile(language, options)
      const look = (name) => inspect(page, `${name}-${language}`, language)
      await page.goto(`${server.issuer}/account`)
      await signIn(page, 'dave')
      await byId(page, 'enrol').click()
      await look('enrol-totp')
      const secret = await byId(page, 'totp-secret').textContent()
      await type(page, '000000')
      await byId(page, 'error-summary').waitFor()
      await look('enrol-totp-refused')
      await type(page, code(secret))
      await byId(page, 'sign-out').waitFor()
      await look('account-factor-waits')

      await begin(page)
      await byId(page, 'approve').waitFor()
      const { authenticators: [waiting] } = await operate('authenticators', 'dave')
      assert.equal(waiting.active, false)
      await operate('approve', 'dave', waiting.id)

      const verifier = await begin(page)
      await byId(page, 'code').waitFor()
      await look('factor')
      // The code of this moment was used to set it up: the next one is shown early, by half a minute at most.
      await type(page, code(secret, Date.now() + 30_000))
      assert.equal((await claims(page, verifier)).acr, LOA3)

      await page.goto(`${server.issuer}/account`)
      await byId(page, 'enrol-recovery-codes').click()
      await look('recovery-codes')
      assert.equal(await page.locator('#recovery-codes li').count(), 10)
      await byId(page, 'continue').click()
      await byId(page, 'sign-out').waitFor()
      await look('account-factors')
      await byId(page, `authenticator-${waiting.id}`).click()
      await byId(page, 'last-factor').waitFor()
      await look('authenticator')
      await byId(page, 'name').fill('My phone 📱')
      await byId(page, 'rename').click()
      await byId(page, `authenticator-${waiting.id}`).click()
      assert.equal(await byId(page, 'name').inputValue(), 'My phone 📱')
      await byId(page, 'remove').click()
      await byId(page, 'sign-out').waitFor()
      assert.equal(await byId(page, `authenticator-${waiting.id}`).count(), 0)
      for (const { id } of (await operate('authenticators', 'dave')).authenticators) {
        await operate('remove-authenticator', 'dave', id)
      }
      await close()
    })
  }

  test('without JavaScript, by the Enter key', async () => {
    const { page, close } = await profile('en', { javaScriptEnabled: false })
    await page.goto(`${server.issuer}/account`)
    await signIn(page, 'dave')
    await byId(page, 'enrol').click()
    await byId(page, 'code').fill(code(await byId(page, 'totp-secret').textContent()))
    await page.keyboard.press('Enter')
    await byId(page, 'sign-out').waitFor()
    assert.match(await page.locator('main').textContent(), /must approve it/)
    await close()
  })
})
