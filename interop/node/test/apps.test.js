// A real browser walks the five forms of apps: who holds the tokens, and what becomes of them.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { byId, inspect } from '../lib/browser.js'
import { Demo, languages, logged, runCommandLineApp } from '../lib/demo.js'

const text = async (page, id) => (await byId(page, id).textContent()).trim()

/** What the page has stored, where any script of its origin could read it. */
const stored = (page) => page.evaluate(() => ({ ...localStorage, ...sessionStorage }))

describe('the forms of apps', () => {
  const demo = new Demo()
  const { server, budget, board, pocket, signIn } = demo

  async function revoke(page, client) {
    await page.goto(server('/account'))
    await byId(page, `revoke-${client}`).click()
    await byId(page, `revoke-${client}`).waitFor({ state: 'detached' })
  }

  async function connect(page, address, username = 'alice') {
    await page.goto(address)
    await byId(page, 'connect').click()
    await signIn(page, username)
    await byId(page, 'approve').click()
    await byId(page, 'accounts').waitFor()
  }

  for (const language of Object.keys(languages)) {
    test(`JavaScript with a server: no token reaches the browser (${language})`, async () => {
      const { page, close } = await demo.profile(language)
      const look = (name) => inspect(page, `board-${name}-${language}`, language)
      const asked = []
      page.on('request', (request) => asked.push(request.url()))
      const answers = []
      page.on('response', async (response) => {
        if (response.url().startsWith(board('/'))) answers.push(await response.text().catch(() => ''))
      })
      await page.goto(board('/'))
      await byId(page, 'connect').waitFor()
      await look('start')
      await connect(page, board('/'))
      await look('accounts')
      await byId(page, 'pay').click()
      await byId(page, 'paid').waitFor()
      await look('paid')

      assert.ok(!asked.some((url) => url.startsWith(demo.api('/'))), 'the browser calls the app’s server alone')
      assert.ok(!answers.join().includes('access_token'), 'no answer has a token in it')
      assert.ok(!/board-session/.test(await page.evaluate(() => document.cookie)), 'scripts cannot read the session')

      await revoke(page, 'board')
      await page.goto(board('/'))
      await byId(page, 'error-ended').waitFor()
      await look('ended')
      await byId(page, 'disconnect').click()
      await byId(page, 'stranger').waitFor()
      await close()
    })

    test(`JavaScript alone: tokens in memory, renewed from the browser (${language})`, async () => {
      const { page, close } = await demo.profile(language)
      const look = (name) => inspect(page, `pocket-${name}-${language}`, language)
      await page.goto(server('/'))
      await byId(page, 'form-pocket').click()
      await byId(page, 'connect').waitFor()
      await look('start')
      await connect(page, pocket('/'))
      assert.equal(page.url(), pocket('/'), 'the code is out of the address bar')
      await look('accounts')

      await byId(page, 'renew-refresh-token').click()
      await logged(page, 'refreshed').waitFor()
      await byId(page, 'renew-silently').click()
      await logged(page, 'not-renewed').waitFor()
      assert.match(await logged(page, 'not-renewed').textContent(), /consent_required/, 'its address is http')
      assert.equal(await page.locator('iframe').count(), 0, 'the frame is gone')
      await look('renewed')
      assert.deepEqual(await stored(page), {}, 'tokens are in memory alone')

      await page.reload()
      await byId(page, 'stranger').waitFor()
      await byId(page, 'connect').click()
      await byId(page, 'approve').click()
      await byId(page, 'accounts').waitFor()
      await close()
    })

    test(`the implicit grant, to compare (${language})`, async () => {
      const { page, close } = await demo.profile(language)
      const look = (name) => inspect(page, `implicit-${name}-${language}`, language)
      await page.goto(pocket('/'))
      await byId(page, 'old-way').click()
      await byId(page, 'legacy').waitFor()
      await look('start')
      const answered = page.waitForRequest((request) => request.url().startsWith(pocket('/implicit')))
      await connect(page, pocket('/implicit'))
      assert.ok(await answered)
      assert.equal(page.url(), pocket('/implicit'), 'the token is out of the address bar')
      assert.equal(await byId(page, 'renew-refresh-token').count(), 0)
      await byId(page, 'renew-silently').click()
      await logged(page, 'not-renewed').waitFor()
      await look('accounts')
      assert.deepEqual(await stored(page), {}, 'tokens are in memory alone')
      await byId(page, 'sign-in-again').click()
      await byId(page, 'approve').click()
      await byId(page, 'accounts').waitFor()
      await close()
    })

    test(`the landing page tells the five forms apart, and runs the nightly report (${language})`, async () => {
      const { page, close } = await demo.profile(language)
      await page.goto(server('/'))
      assert.equal(await page.locator('#app-forms tbody tr').count(), 5)
      for (const [id, place] of [['form-web', budget], ['form-board', board], ['form-pocket', pocket]]) {
        assert.equal(await byId(page, id).getAttribute('href'), place('/'))
      }
      await byId(page, 'open-nightly-report').click()
      await byId(page, 'run').click()
      await byId(page, 'answer').waitFor()
      assert.match(await text(page, 'answer'), /"total":1821320/)
      assert.match(await text(page, 'access-token'), /^.{12}…$/)
      await inspect(page, `nightly-report-${language}`, language)
      await close()
    })
  }

  test('pages of others press no button of Board', async () => {
    const { page, close } = await demo.profile('en')
    await connect(page, board('/'))
    // A page without a policy of its own, of the same site: the cookie would go along.
    await page.goto(demo.api('/'))
    const payment = JSON.stringify({ from: '001-2041', payee: 'Mallory', amount: 5 })
    const [form, call] = await page.evaluate(async ([address, body]) => {
      const send = (options) => fetch(address, { method: 'POST', credentials: 'include', body, ...options })
      const told = (promise) => promise.then((answer) => answer.type, (error) => error.name)
      return [
        await told(send({ mode: 'no-cors' })),
        await told(send({ headers: { 'own-call': '1', 'content-type': 'application/json' } })),
      ]
    }, [board('/api/payments'), payment])
    assert.deepEqual([form, call], ['opaque', 'TypeError'], 'sent without the header; not sent with it')
    await page.goto(board('/'))
    await byId(page, 'accounts').waitFor()
    assert.match(await text(page, 'accounts'), /¥248,300/, 'nothing was paid')
    await close()
  })

  test('what is taken back ends Pocket’s token at the next call', async () => {
    const { page, close } = await demo.profile('en')
    await connect(page, pocket('/'), 'bob')
    const bank = await page.context().newPage()
    await revoke(bank, 'pocket')
    await byId(page, 'load-accounts').click()
    await byId(page, 'api-error').waitFor()
    assert.equal(await text(page, 'error-code'), 'HTTP 401 invalid_token')
    await byId(page, 'renew-refresh-token').click()
    await logged(page, 'not-renewed').waitFor()
    assert.match(await logged(page, 'not-renewed').textContent(), /invalid_grant/)
    await close()
  })

  test('the answer to another request is refused by Pocket', async () => {
    const { page, close } = await demo.profile('en')
    await page.goto(pocket(`/?code=stolen&state=guessed&iss=${encodeURIComponent(server(''))}`))
    await byId(page, 'api-error').waitFor()
    assert.match(await text(page, 'error-code'), /no answer to what this page asked/)
    assert.equal(page.url(), pocket('/'))
    await close()
  })

  test('a program with a server: it knows a session, until the permission is taken back', async () => {
    const app = runCommandLineApp(demo.port, '--server')
    const { page, close } = await demo.profile('en')
    try {
      await page.goto((await app.says(/Open: (\S+)/))[1])
      await signIn(page, 'bob')
      await byId(page, 'approve').click()
      await byId(page, 'terminal-title').waitFor()
      await inspect(page, 'command-line-app-with-server', 'en')
      await app.says(/The tokens are at \S+:\d+\./)
      await app.says(/Balance\n.*¥73,020/)
      app.type('pay 002-7310 20 Corner shop')
      await app.says(/Paid\. 002-7310 holds ¥73,000 now/)
      await revoke(page, 'desk')
      app.type('accounts')
      await app.says(/HTTP 401 invalid_token\nThe permission was taken back/)
      app.type('quit')
      assert.equal(await app.ended, 0)
    } finally {
      app.kill()
    }
    await close()
  })
})
