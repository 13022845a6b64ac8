// A real browser pays: at Pay, where each payment is consented to, and at a till, whose customer decides in a browser of
// their own.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { byId, inspect, tabTo } from '../lib/browser.js'
import { Demo, languages } from '../lib/demo.js'

const asked = { en: /Pay 10,000 yen to Bob/, ja: /Bob に 10,000 円を支払う/ }
const atTill = { en: /Pay 1,200 yen to Corner shop/, ja: /Corner shop に 1,200 円を支払う/ }

/** What Pay tries after a payment, and the answer of the API. */
const attempts = {
  'again': /^HTTP 409 .*one consent, one payment/,
  'other-amount': /^HTTP 403 .*amount is 100000, but the customer consented to 10000/,
  'without-proof': /^HTTP 401 invalid_/,
  'as-bearer': /^HTTP 401 invalid_/,
  'with-another-key': /^HTTP 401 invalid_/,
}

describe('payments', () => {
  const demo = new Demo()

  /** Orders a payment, and answers the address of the page of the bank that the browser was sent to. */
  async function order(page) {
    await page.goto(demo.pay('/'))
    const sent = page.waitForRequest((request) => request.url().startsWith(demo.server('/authorize?')))
    await byId(page, 'pay').click()
    return (await sent).url()
  }

  /** Tries one thing, and answers what the API said. */
  async function attempt(page, name) {
    await byId(page, `try-${name}`).click()
    await byId(page, 'refusal').waitFor()
    return (await byId(page, 'refusal-code').textContent()).trim()
  }

  /** The first balance that Budget shows. */
  async function balance(page) {
    await page.goto(demo.budget('/'))
    await byId(page, 'connect').click()
    await byId(page, 'approve').click()
    return (await page.locator('#accounts tbody .amount').first().textContent()).trim()
  }

  /** The clerk asks, in a browser where nobody is signed in. */
  async function charge(page, customer = 'alice') {
    await page.goto(demo.till('/'))
    await byId(page, 'customer').fill(customer)
    await byId(page, 'ask').click()
  }

  /** The customer comes to the requests that wait for them. */
  async function answering(page, customer = 'alice') {
    await page.goto(demo.server('/account/requests'))
    await demo.signIn(page, customer)
    await byId(page, 'approve').waitFor()
  }

  for (const language of Object.keys(languages)) {
    // Conformance: rar
    test(`what was consented to is paid once, and nothing else (${language})`, async () => {
      const { page, close } = await demo.profile(language)
      const look = (name) => inspect(page, `pay-${name}-${language}`, language)
      await page.goto(demo.server('/'))
      await byId(page, 'open-pay').click()
      await look('form')

      const address = new URL(await order(page))
      assert.deepEqual([...address.searchParams.keys()].sort(), ['client_id', 'request_uri'], 'nothing of the payment')
      await demo.signIn(page, 'alice')
      await byId(page, 'approve').waitFor()
      assert.match(await page.locator('main').innerText(), asked[language])
      await look('consent')
      await byId(page, 'approve').click()
      await byId(page, 'paid').waitFor()
      await look('paid')

      for (const [name, refused] of Object.entries(attempts)) {
        assert.match(await attempt(page, name), refused, name)
        await look(`refused-${name}`)
      }
      assert.equal(await balance(page), '¥238,300')
      await close()
    })

    test(`a customer approves at the bank what the till asks (${language})`, async () => {
      const clerk = await demo.profile(language)
      const customer = await demo.profile(language)
      const look = ({ page }, name) => inspect(page, `till-${name}-${language}`, language)
      await clerk.page.goto(demo.server('/'))
      await byId(clerk.page, 'open-till').click()
      await look(clerk, 'form')
      await charge(clerk.page)
      await byId(clerk.page, 'waiting').waitFor()
      const number = (await byId(clerk.page, 'binding-message').textContent()).trim()
      assert.match(number, /^\d{4}$/)
      await look(clerk, 'waiting')

      await answering(customer.page)
      const shown = await customer.page.locator('main').innerText()
      assert.match(shown, atTill[language])
      assert.ok(shown.includes(number), 'the number of the till')
      await look(customer, 'request')
      await byId(customer.page, 'approve').click()

      await byId(clerk.page, 'paid').waitFor({ timeout: 30_000 })
      await look(clerk, 'paid')
      assert.equal(await balance(customer.page), '¥247,100')
      await clerk.close()
      await customer.close()
    })
  }

  test('who says no at the bank pays nothing, and can begin again', async () => {
    const { page, close } = await demo.profile('en')
    await order(page)
    await demo.signIn(page, 'alice')
    await byId(page, 'deny').click()
    await byId(page, 'problem-code').waitFor()
    assert.match(await byId(page, 'problem-code').textContent(), /access_denied/)
    await inspect(page, 'pay-denied', 'en')
    assert.equal(await balance(page), '¥248,300')
    await close()
  })

  test('each payment is asked for, also when the one before was the same', async () => {
    const { page, close } = await demo.profile('en')
    await order(page)
    await demo.signIn(page, 'alice')
    await byId(page, 'approve').click()
    await byId(page, 'paid').waitFor()
    await order(page)
    await byId(page, 'approve').click()
    await byId(page, 'paid').waitFor()
    assert.equal(await balance(page), '¥228,300')
    await close()
  })

  test('an amount that is none is refused before anybody is asked', async () => {
    const { page, close } = await demo.profile('en')
    await page.goto(demo.pay('/'))
    await byId(page, 'amount').fill('0')
    await byId(page, 'pay').click()
    await byId(page, 'form-error').waitFor()
    await inspect(page, 'pay-refused-form', 'en')
    await close()
  })

  test('what the account does not hold is not paid, although it was consented to', async () => {
    const { page, close } = await demo.profile('en')
    await page.goto(demo.pay('/'))
    await byId(page, 'amount').fill('900000')
    await byId(page, 'pay').click()
    await demo.signIn(page, 'alice')
    await byId(page, 'approve').click()
    await byId(page, 'not-paid').waitFor()
    assert.match(await byId(page, 'answer').textContent(), /^HTTP 422/)
    await inspect(page, 'pay-not-paid', 'en')
    await close()
  })

  test('the keyboard alone is enough to pay', async () => {
    const { page, close } = await demo.profile('en')
    await page.goto(demo.pay('/'))
    await tabTo(page, 'creditor')
    await tabTo(page, 'amount')
    await page.keyboard.press('Enter')
    await byId(page, 'sign-in').waitFor()
    await demo.signIn(page, 'alice')
    await tabTo(page, 'approve')
    await page.keyboard.press('Enter')
    await byId(page, 'paid').waitFor()
    await tabTo(page, 'try-as-bearer')
    await page.keyboard.press('Enter')
    await byId(page, 'refusal').waitFor()
    await close()
  })

  test('without JavaScript both apps work', async () => {
    const options = { javaScriptEnabled: false }
    const clerk = await demo.profile('ja', options)
    const customer = await demo.profile('ja', options)
    await order(customer.page)
    await demo.signIn(customer.page, 'alice')
    await byId(customer.page, 'approve').click()
    await byId(customer.page, 'paid').waitFor()

    await charge(clerk.page)
    await customer.page.goto(demo.server('/account/requests'))
    await byId(customer.page, 'approve').click()
    const paid = byId(clerk.page, 'paid')
    for (let looks = 0; looks < 60 && !(await paid.count()); looks++) {
      await clerk.page.waitForTimeout(500)
      await byId(clerk.page, 'look').or(paid).click()
    }
    await paid.waitFor()
    await clerk.close()
    await customer.close()
  })

  test('a customer who says no pays nothing, and the till is told so', async () => {
    const clerk = await demo.profile('en')
    const customer = await demo.profile('en')
    await charge(clerk.page, 'bob')
    await byId(clerk.page, 'waiting').waitFor()
    await answering(customer.page, 'bob')
    await byId(customer.page, 'deny').click()
    await byId(clerk.page, 'denied').waitFor({ timeout: 30_000 })
    await inspect(clerk.page, 'till-denied', 'en')
    assert.equal(await balance(customer.page), '¥73,020')
    await clerk.close()
    await customer.close()
  })

  test('a customer whom the bank does not know is not asked', async () => {
    const { page, close } = await demo.profile('en')
    await charge(page, 'nobody')
    await byId(page, 'form-error').waitFor()
    assert.match(await byId(page, 'problem-code').textContent(), /unknown_user_id/)
    await inspect(page, 'till-unknown', 'en')
    await close()
  })
})
