// A real browser walks the demo: sign in, decide, see the accounts, take the permission back.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { byId, inspect, tabTo } from '../lib/browser.js'
import { Demo, languages, runCommandLineApp } from '../lib/demo.js'

describe('demo', () => {
  const demo = new Demo()
  const { server, budget, signIn } = demo
  const profile = (...how) => demo.profile(...how)

  async function connect(page) {
    await page.goto(budget('/'))
    await byId(page, 'connect').click()
    await page.waitForURL(server('/**'))
  }

  async function revoke(page, client) {
    await page.goto(server('/account'))
    await byId(page, `revoke-${client}`).click()
    await byId(page, `revoke-${client}`).waitFor({ state: 'detached' })
  }

  for (const language of Object.keys(languages)) {
    test(`the web app gets the accounts until the permission is taken back (${language})`, async () => {
      const { page, close } = await profile(language)
      const look = (name) => inspect(page, `${name}-${language}`, language)
      await page.goto(server('/'))
      await look('landing')
      await byId(page, 'open-budget').click()
      await look('budget')
      await byId(page, 'connect').click()

      await byId(page, 'username').fill('alice')
      await byId(page, 'password').fill('wrong')
      await byId(page, 'sign-in').click()
      await byId(page, 'error-summary').waitFor()
      await look('sign-in-refused')
      await connect(page)
      await look('sign-in')
      await signIn(page, 'alice')

      assert.ok(await byId(page, 'scope-accounts:read').isChecked())
      await look('consent')
      await byId(page, 'approve').click()
      await byId(page, 'accounts').waitFor()
      await look('budget-accounts')

      await page.goto(server('/account'))
      await look('account')
      await revoke(page, 'budget-web')
      await look('account-revoked')

      await page.goto(budget('/accounts'))
      await byId(page, 'api-error').waitFor()
      assert.equal(await byId(page, 'accounts').count(), 0, 'the next call of the API fails')
      await look('budget-refused')
      await close()
    })

    test(`an error page has a cause and an id (${language})`, async () => {
      const { page, close } = await profile(language)
      await page.goto(server('/'))
      await byId(page, 'wrong-redirect-uri').click()
      await page.waitForURL(server('/authorize?**'))
      assert.match(await byId(page, 'error-code').textContent(), /^\s*invalid_/)
      assert.notEqual((await byId(page, 'explain-id').textContent()).trim(), '')
      await inspect(page, `error-${language}`, language)
      await close()
    })
  }

  test('the command-line app gets the accounts until the permission is taken back', async () => {
    const app = runCommandLineApp(demo.port)
    const { page, close } = await profile('en')
    try {
      await page.goto((await app.says(/Open: (\S+)/))[1])
      await signIn(page, 'bob')
      await byId(page, 'approve').click()
      await byId(page, 'terminal-title').waitFor()
      await inspect(page, 'command-line-app', 'en')
      await app.says(/Balance\n.*¥\d/)
      await revoke(page, 'bank-cli')
      app.type('accounts')
      await app.says(/HTTP 401/)
      app.type('quit')
      assert.equal(await app.ended, 0)
    } finally {
      app.kill()
    }
    await close()
  })

  test('what the user leaves out is refused by the API, and can be asked for again', async () => {
    const { page, close } = await profile('en')
    await connect(page)
    await signIn(page, 'bob')
    await byId(page, 'scope-payments:write').uncheck()
    await byId(page, 'approve').click()
    await byId(page, 'accounts').waitFor()
    await byId(page, 'pay').click()
    assert.match(await byId(page, 'api-error').textContent(), /insufficient_scope/)
    await byId(page, 'connect').click()
    await byId(page, 'scope-payments:write').check()
    await byId(page, 'approve').click()
    await byId(page, 'pay').click()
    await page.getByRole('status').waitFor()
    assert.equal(await byId(page, 'api-error').count(), 0)
    await close()
  })

  test('the keyboard alone is enough', async () => {
    const { page, close } = await profile('en')
    await connect(page)
    await tabTo(page, 'username')
    await page.keyboard.type('bob')
    await tabTo(page, 'password')
    await page.keyboard.type('bob-password')
    await page.keyboard.press('Enter')
    await byId(page, 'approve').waitFor()
    await tabTo(page, 'scope-accounts:read')
    await page.keyboard.press('Space')
    assert.equal(await byId(page, 'scope-accounts:read').isChecked(), false)
    await page.keyboard.press('Space')
    await tabTo(page, 'approve')
    await page.keyboard.press('Enter')
    await byId(page, 'accounts').waitFor()
    await page.goto(server('/account'))
    await tabTo(page, 'revoke-budget-web')
    await page.keyboard.press('Enter')
    await byId(page, 'revoke-budget-web').waitFor({ state: 'detached' })
    await close()
  })

  test('without JavaScript, a user can refuse, and come back', async () => {
    const { page, close } = await profile('ja', { javaScriptEnabled: false })
    await connect(page)
    await signIn(page, 'bob')
    await byId(page, 'deny').click()
    await page.waitForURL(budget('/**'))
    assert.equal(await byId(page, 'accounts').count(), 0)
    await connect(page)
    await byId(page, 'approve').click()
    await byId(page, 'accounts').waitFor()
    await close()
  })

  test('two tabs at once both arrive', async () => {
    const { page: first, close } = await profile('en')
    const second = await first.context().newPage()
    await connect(first)
    await connect(second)
    await signIn(second, 'bob')
    await byId(second, 'approve').click()
    await byId(second, 'accounts').waitFor()
    await signIn(first, 'bob')
    await byId(first, 'accounts').waitFor()
    await close()
  })

  test('the back button is no dead end', async () => {
    const { page, close } = await profile('en')
    await connect(page)
    await signIn(page, 'bob')
    await byId(page, 'approve').waitFor()
    await page.goBack()
    await byId(page, 'sign-in').or(byId(page, 'approve')).waitFor()
    if (await byId(page, 'sign-in').count()) await signIn(page, 'bob')
    await byId(page, 'approve').click()
    await byId(page, 'accounts').waitFor()
    await close()
  })

  test('a cookie lost half-way leads back to the sign-in, not to a dead end', async () => {
    const { page, close } = await profile('en')
    await connect(page)
    await page.context().clearCookies({ domain: 'localhost' })
    // The next page, not the form that is posted, has to be the sign-in.
    await Promise.all([page.waitForEvent('load'), signIn(page, 'bob')])
    await byId(page, 'sign-in').waitFor()
    await signIn(page, 'bob')
    await byId(page, 'approve').waitFor()
    await close()
  })

  test('a session that is ended asks for the password again', async () => {
    const { page, close } = await profile('en')
    await page.goto(server('/account'))
    await signIn(page, 'bob')
    const mine = page.locator('[id^="end-session-"]', { hasText: 'Sign out here' })
    await Promise.all([page.waitForResponse((response) => response.request().method() === 'POST'), mine.click()])
    await page.goto(server('/account'))
    await byId(page, 'sign-in').waitFor()
    await close()
  })
})
