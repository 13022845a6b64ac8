// A real browser reads the demo's mail: a code signs in, and a link sets a new password.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { byId, inspect } from '../lib/browser.js'
import { Demo, languages } from '../lib/demo.js'

const readers = { en: 'alice', ja: 'bob' }

describe('by mail', () => {
  const demo = new Demo()
  const { server } = demo

  /** The newest mail as HTML, in a page of its own; it is sent in the background. */
  async function newest(page) {
    const reader = await page.context().newPage()
    do await reader.goto(server('/mailbox'))
    while (!(await byId(reader, 'mail-1').count()))
    await byId(reader, 'mail-1').click()
    const mail = reader.frameLocator('iframe.mail')
    await mail.locator('body').waitFor()
    return { reader, mail }
  }

  for (const language of Object.keys(languages)) {
    test(`a code from the mailbox signs in (${language})`, async () => {
      const { page, close } = await demo.profile(language)
      await page.goto(server('/account'))
      await inspect(page, `sign-in-with-mail-${language}`, language)
      await byId(page, 'use-email-code').click()
      await inspect(page, `email-code-${language}`, language)
      await byId(page, 'username').fill(readers[language])
      await byId(page, 'send-code').click()
      await byId(page, 'code').waitFor()
      await inspect(page, `email-code-sent-${language}`, language)
      await byId(page, 'code').fill('00000000')
      await byId(page, 'continue').click()
      await byId(page, 'error-summary').waitFor()
      await inspect(page, `email-code-wrong-${language}`, language)

      const { reader, mail } = await newest(page)
      const [code] = /\b\d{8}\b/.exec(await mail.locator('body').innerText())
      await reader.close()
      await byId(page, 'code').fill(code)
      await byId(page, 'continue').click()
      await byId(page, 'sign-out').waitFor()
      await close()
    })

    test(`who has forgotten the password sets a new one (${language})`, async () => {
      const { page, close } = await demo.profile(language)
      await page.goto(server('/account'))
      await byId(page, 'forgotten').click()
      await inspect(page, `forgotten-${language}`, language)
      await byId(page, 'username').fill(readers[language])
      await byId(page, 'send-link').click()
      await page.waitForURL('**/sign-in/forgotten?done=sent')
      await inspect(page, `forgotten-sent-${language}`, language)

      const { mail } = await newest(page)
      const opens = page.context().waitForEvent('page')
      await mail.locator('.button').click()
      const form = await opens
      await byId(form, 'password').waitFor()
      await inspect(form, `reset-${language}`, language)
      await byId(form, 'password').fill('spongebob1')
      await byId(form, 'set-password').click()
      await byId(form, 'error-summary').waitFor()
      await inspect(form, `reset-refused-${language}`, language)
      await byId(form, 'password').fill('seven purple lamps')
      await byId(form, 'set-password').click()
      await byId(form, 'sign-in').waitFor()
      assert.equal(new URL(form.url()).searchParams.get('done'), 'password-set')
      await inspect(form, `reset-done-${language}`, language)
      await byId(form, 'username').fill(readers[language])
      await byId(form, 'password').fill('seven purple lamps')
      await byId(form, 'sign-in').click()
      await byId(form, 'sign-out').waitFor()
      await close()
    })
  }
})
