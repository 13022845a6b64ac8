// A real browser reads the demo's mail, and ends what somebody else began.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { byId, inspect } from '../lib/browser.js'
import { Demo, languages } from '../lib/demo.js'

/** Each reads mail in the language of their own. */
const readers = { en: ['alice', 'New sign-in'], ja: ['bob', '新しいサインイン'] }

describe('mail', () => {
  const demo = new Demo()
  const { server, signIn } = demo

  async function signedIn(language, username) {
    const { page, close } = await demo.profile(language)
    await page.goto(server('/account'))
    await signIn(page, username)
    await byId(page, 'sign-out').waitFor()
    return { page, close }
  }

  /** Until the first mail is there: it is sent in the background. */
  async function mailbox(page) {
    do await page.goto(server('/mailbox'))
    while (!(await byId(page, 'mail-1').count()))
  }

  for (const language of Object.keys(languages)) {
    test(`a new browser is told of, and its session ended by the link in the mail (${language})`, async () => {
      const [username, subject] = readers[language]
      const mine = await signedIn(language, username)
      await mine.page.goto(server('/'))
      await byId(mine.page, 'open-mailbox').click()
      await byId(mine.page, 'empty').waitFor()
      await inspect(mine.page, `mailbox-empty-${language}`, language)
      const theirs = await signedIn(language, username)

      await mailbox(mine.page)
      await inspect(mine.page, `mailbox-${language}`, language)
      await byId(mine.page, 'mail-1').click()
      assert.match(await byId(mine.page, 'subject').innerText(), new RegExp(subject))
      const mail = mine.page.frameLocator('iframe.mail')
      await mail.locator('.button').waitFor()
      await mine.page.screenshot({ path: `../../target/screenshots/mail-${language}.png`, fullPage: true })

      const opens = mine.page.context().waitForEvent('page')
      await mail.locator('.button').click()
      const question = await opens
      await byId(question, 'not-me').waitFor()
      await inspect(question, `not-me-${language}`, language)
      await theirs.page.reload()
      await byId(theirs.page, 'sign-out').waitFor()
      await byId(question, 'not-me').click()
      await question.waitForURL('**/not-me?done=ended')
      await inspect(question, `not-me-ended-${language}`, language)

      await theirs.page.reload()
      await byId(theirs.page, 'username').waitFor()
      await mine.page.goto(server('/account'))
      await byId(mine.page, 'to-change-password').click()
      await inspect(mine.page, `change-password-${language}`, language)
      await byId(mine.page, 'old').fill(`${username}-password`)
      await byId(mine.page, 'new').fill('spongebob1')
      await byId(mine.page, 'change-password').click()
      await byId(mine.page, 'error-summary').waitFor()
      await inspect(mine.page, `change-password-refused-${language}`, language)
      await byId(mine.page, 'old').fill(`${username}-password`)
      await byId(mine.page, 'new').fill('seven purple lamps')
      await byId(mine.page, 'change-password').click()
      await byId(mine.page, 'sign-out').waitFor()
      await inspect(mine.page, `account-devices-${language}`, language)

      const forget = mine.page.locator('[id^="forget-device-"]')
      assert.equal(await forget.count(), 1, 'the other one was forgotten by the link')
      await forget.click()
      await forget.waitFor({ state: 'detached' })
      await theirs.close()
      await mine.close()
    })
  }
})
