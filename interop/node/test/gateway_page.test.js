// A real browser on the page of the operations listener that shows what calls of the APIs are like.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { inspect, launch, tabTo } from '../lib/browser.js'
import { languages } from '../lib/demo.js'
import { freePort, startServer } from '../lib/server.js'

const hostile = '"><script>alert(1)</script>'

const realm = (api, upstream) => `
[[api]]
identifier = "${api}"
name       = "Things"
upstream   = "http://127.0.0.1:${upstream}"
scope      = [{ name = "things:read", description = { en = "See things" } }]
route      = [{ path = "/open/**", access = ["none"] }, { path = "/things/**", scope = ["things:read"] }, { path = "/away", access = ["none"] }]
`

describe('the page about calls', () => {
  let server, browser, things, api, operations
  before(async () => {
    browser = await launch()
    things = createServer((request, response) => {
      if (request.url === '/away') return request.socket.destroy()
      response.end('here')
    }).listen(0, '127.0.0.1')
    await once(things, 'listening')
    const port = await freePort()
    api = `http://localhost:${port}`
    server = await startServer('sqlite', realm(api, things.address().port), '', false, `
[[listener]]
bind = "127.0.0.1:${port}"
role = "gateway"
`)
    operations = `http://127.0.0.1:${Number(new URL(server.issuer).port) + 1}`
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
    things?.closeAllConnections()
    things?.close()
  })

  async function opened(language, options = {}) {
    const context = await browser.newContext({ locale: languages[language], ...options })
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
    await page.goto(`${operations}/gateway?refresh=off`)
    return { page, close }
  }

  const call = async (path, token) => {
    const headers = token ? { authorization: `Bearer ${token}` } : {}
    const response = await fetch(`${api}${path}`, { headers })
    await response.arrayBuffer()
    return response
  }

  test('before the first call it says that there was none', async () => {
    const { page, close } = await opened('en')
    await page.getByText('No call came in.').waitFor()
    await inspect(page, 'gateway-nothing-en', 'en')
    await close()
  })

  for (const language of Object.keys(languages)) {
    test(`it shows calls, refusals by reason, and each rule (${language})`, async () => {
      for (let n = 0; n < 3; n++) assert.equal((await call('/open/a')).status, 200)
      const refusal = await call(`/things/1?${encodeURIComponent(hostile)}`, 'made-up')
      assert.equal(refusal.status, 401)
      assert.equal((await call('/things/2')).status, 401)
      assert.equal((await call('/away')).status, 502)
      const { page, close } = await opened(language)
      const section = page.locator('section', { has: page.getByRole('heading', { name: api }) })
      const text = await section.innerText()
      for (const part of ['/open/**', '/things/**', 'token.invalid', 'token.missing', 'upstream.closed']) {
        assert.ok(text.includes(part), `${part}: ${text}`)
      }
      assert.equal(await section.locator('figure svg').count(), 2)
      assert.match(await section.locator('svg').first().getAttribute('aria-label'), /\d/)
      await inspect(page, `gateway-${language}`, language)

      // A refusal is explained by the id that the caller was told.
      const id = refusal.headers.get('sekisho-explain')
      await page.locator('a', { hasText: id }).click()
      const told = await page.locator('body').innerText()
      assert.ok(told.includes('token.invalid') && !told.includes('made-up'), told)
      await close()
    })
  }

  test('the other language is one link away, and renewing can be stopped, by keyboard too', async () => {
    const { page, close } = await opened('en')
    assert.equal(await page.locator('meta[http-equiv]').count(), 0)
    await page.locator('a[hreflang="ja"]').click()
    assert.equal(await page.getAttribute('html', 'lang'), 'ja')
    await tabTo(page, 'refresh')
    await page.keyboard.press('Enter')
    await page.locator('meta[http-equiv="refresh"]').waitFor({ state: 'attached' })
    await close()
  })
})
