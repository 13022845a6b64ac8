// A real browser at two addresses: whom a rule of the realm does not let in, and of whom it wants a code by mail.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import * as client from 'openid-client'
import { byId, inspect, launch, tabTo } from '../lib/browser.js'
import { languages } from '../lib/demo.js'
import { program, startServer } from '../lib/server.js'

const run = promisify(execFile)
const OFFICE = '192.0.2.10'
const HOME = '198.51.100.20'

const RULES = `
[[network]]
name      = "office"
addresses = ["192.0.2.0/24"]

[[policy]]
name    = "back-office"
outside = ["office"]
groups  = ["back-office"]
deny    = { en = "The back office works from the office alone. On the road? Call 1234: <they> open it for a day.", ja = "バックオフィスの業務は社内からのみ行えます。外出先で必要な場合は、内線 1234 にご連絡ください。" }

[[policy]]
name       = "outside"
outside    = ["office"]
not_groups = ["back-office"]
require    = ["email_code"]

[[user]]
username = "carol"
password = "carol-password"
name     = "Carol Example"
groups   = ["back-office"]

[[user]]
username       = "dave"
password       = "dave-password"
name           = "デイブ 👩‍👧 Ælfrēd مرحبا"
email          = "dave@example.com"
email_verified = true

[[user]]
username = "erin"
password = "erin-password"
`

describe('policies', () => {
  let server, browser, config
  before(async () => {
    const proxy = '[proxy]\ntrusted = ["127.0.0.1"]'
    ;[server, browser] = await Promise.all([startServer('sqlite', RULES, '', false, proxy), launch()])
    config = await client.discovery(new URL(server.issuer), 'web-app', undefined, client.ClientSecretBasic('web-app-secret'), {
      execute: [client.allowInsecureRequests],
    })
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** A browser at an address, as a trusted proxy would say, in which somebody signs in for an app. */
  async function signIn(username, language, address) {
    const context = await browser.newContext({
      locale: languages[language], extraHTTPHeaders: { 'x-forwarded-for': address },
    })
    context.setDefaultTimeout(15_000)
    const page = await context.newPage()
    const complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) complaints.push(message.text())
    })
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: 'https://app.example.com/callback',
      scope: 'openid',
      state: 'state',
      prompt: 'consent',
      code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    })
    await page.goto(url.href)
    await byId(page, 'username').fill(username)
    await byId(page, 'password').fill(`${username}-password`)
    await byId(page, 'sign-in').click()
    const close = async () => {
      await context.close()
      assert.deepEqual(complaints, [])
    }
    return { page, close, look: (name) => inspect(page, `${name}-${language}`, language) }
  }

  for (const [language, words] of [['en', 'Call 1234: <they> open it'], ['ja', '内線 1234 にご連絡']]) {
    test(`whom a network rule does not let in is told why, what to do, and gets back to the app (${language})`, async () => {
      const { page, close, look } = await signIn('carol', language, HOME)
      await byId(page, 'explain-id').waitFor()
      await look('not-let-in')
      assert.match(await byId(page, 'policy-message').textContent(), new RegExp(words))
      assert.equal(await byId(page, 'error-code').textContent(), 'access_denied')
      const id = await byId(page, 'explain-id').textContent()
      const { stdout } = await run(program, ['explain', id, '--config', server.config, '--json'])
      assert.match(stdout, /policy\.denied/)
      assert.match(stdout, /back-office/)
      // To open it once more changes nothing.
      assert.equal((await page.reload()).status(), 403)
      await tabTo(page, 'back-to-app')
      const back = page.waitForRequest((request) => request.url().startsWith('https://app.example.com/callback'))
      await page.keyboard.press('Enter')
      const answer = new URL((await back).url()).searchParams
      assert.deepEqual([answer.get('error'), answer.get('code')], ['access_denied', null])
      await close()

      const office = await signIn('carol', language, OFFICE)
      await byId(office.page, 'approve').waitFor()
      await office.close()
    })

    test(`of whom a rule wants a code by mail has it sent (${language})`, async () => {
      const { page, close, look } = await signIn('dave', language, HOME)
      await byId(page, 'send-code').waitFor()
      await look('factor-email-code')
      await tabTo(page, 'send-code')
      await page.keyboard.press('Enter')
      await byId(page, 'code').waitFor()
      await look('factor-email-code-sent')
      await byId(page, 'code').fill('00000000')
      await page.keyboard.press('Enter')
      await byId(page, 'error-summary').waitFor()
      await look('factor-email-code-wrong')
      await close()
    })

    test(`who has no confirmed address is told what to do (${language})`, async () => {
      const { page, close, look } = await signIn('erin', language, HOME)
      await byId(page, 'no-address').waitFor()
      await look('factor-no-address')
      await byId(page, 'to-account').click()
      await byId(page, 'sign-out').waitFor()
      await close()
    })
  }
})
