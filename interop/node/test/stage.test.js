// A real browser on the stage: it watches the demo, reads a step, runs its command, breaks the protocol and reads why that
// was refused.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { byId, inspect, tabTo } from '../lib/browser.js'
import { Demo, languages, logged } from '../lib/demo.js'

const run = promisify(execFile)

/** What the page says of an act: the statuses in their order, and what the explanation of the last refusal names. */
const acts = {
  'replay': { statuses: [200, 200, 400, 401], cause: /§4\.1\.2/, section: /RFC 6750 §3\.1/ },
  'tamper': { statuses: [200, 401], cause: { en: /One character differs/, ja: /一文字だけ違います/ }, section: /RFC 6750 §3\.1/ },
  'drop-verifier': { statuses: [400], cause: /code_verifier/, section: /RFC 7636/ },
  'wrong-audience': { statuses: [200, 401], cause: { en: /issued for other APIs/, ja: /別の API のために/ }, section: /RFC 8707 §2/ },
}

describe('stage', () => {
  const demo = new Demo()
  const { server, budget, signIn } = demo

  const openStage = (page) => page.goto(server('/stage'))

  /** The stage's app gets its code: signed in as alice, who allows it. */
  async function start(page) {
    await openStage(page)
    await byId(page, 'start').click()
    await signIn(page, 'alice')
    await byId(page, 'approve').click()
    await byId(page, 'fresh').waitFor()
  }

  /** Plays an act, which fetches a new code when there is none. */
  async function play(page, name) {
    await byId(page, `act-${name}`).click()
    await page.locator(`#played[data-act="${name}"]`).waitFor()
    const statuses = await page.locator('#played b').allTextContents()
    return statuses.map((text) => Number(text.replace('HTTP ', '')))
  }

  async function connectBudget(page) {
    await page.goto(budget('/'))
    await byId(page, 'connect').click()
    await byId(page, 'username').or(byId(page, 'approve')).waitFor()
    if (await byId(page, 'username').count()) await signIn(page, 'alice')
    await byId(page, 'approve').click()
    await byId(page, 'accounts').waitFor()
  }

  /** Opens every step that is kept, the newest first. */
  async function* steps(page) {
    await openStage(page)
    await page.locator('#lines a').last().click()
    for (;;) {
      await byId(page, 'step-title').waitFor()
      yield (await byId(page, 'step-title').innerText()).split(/\s+/).pop()
      if (!(await byId(page, 'before').count())) return
      await Promise.all([page.waitForEvent('load'), byId(page, 'before').click()])
    }
  }

  for (const language of Object.keys(languages)) {
    test(`whoever watches sees who says what, and what each word means (${language})`, async () => {
      const { page, close } = await demo.profile(language)
      const look = (name) => inspect(page, `stage-${name}-${language}`, language)
      await page.goto(server('/'))
      await byId(page, 'open-stage').click()
      await byId(page, 'nothing').or(byId(page, 'lines')).first().waitFor()

      const watched = await page.context().newPage()
      await connectBudget(watched)
      const line = page.locator('#lines a', { hasText: /GET\s+\/accounts/ })
      await line.first().waitFor()
      assert.match(await line.first().innerText(), { en: /Budget → Accounts API/, ja: /家計簿 → 口座 API/ }[language])
      for (const text of [/\/authorize/, /POST\s+\/token/, /\/callback/, /GET\s+\/accounts/]) {
        await page.locator('#lines a', { hasText: text }).first().waitFor()
      }
      await look('diagram')

      await page.locator('#lines a', { hasText: /POST\s+\/token/ }).first().click()
      const shown = await page.locator('main').innerText()
      for (const section of ['RFC 6749 §4.1.3', 'RFC 7636 §4.5', 'RFC 6749 §5.1']) assert.ok(shown.includes(section), section)
      await look('step')
      await watched.close()
      await close()
    })

    test(`each way of breaking it is refused and explained (${language})`, async () => {
      const { page, close } = await demo.profile(language)
      const look = (name) => inspect(page, `stage-${name}-${language}`, language)
      await start(page)
      await look('fresh')
      assert.deepEqual(await play(page, 'continue'), [200, 200, 200, 200])
      await look('continue')
      for (const [name, { statuses, cause, section }] of Object.entries(acts)) {
        assert.deepEqual(await play(page, name), statuses, name)
        await look(name)
        await page.locator('#played a.why').last().click()
        assert.match(await byId(page, 'cause').textContent(), cause[language] ?? cause, name)
        if (section) assert.match(await page.locator('#checks .failed').innerText(), section, name)
        await look(`${name}-explained`)
        await byId(page, 'back').click()
      }
      await close()
    })
  }

  test('a refusal of the server is explained by its id', async () => {
    const { page, close } = await demo.profile('en')
    await start(page)
    await play(page, 'drop-verifier')
    const id = (await page.locator('#played .refused code', { hasText: 'Sekisho-Explain' }).innerText()).split(' ').pop()
    await page.locator('#played a.why').click()
    assert.equal((await byId(page, 'explain-id').innerText()).trim(), id)
    await close()
  })

  test('the command of a step does what the step did', async () => {
    const { page, close } = await demo.profile('en', { permissions: ['clipboard-read', 'clipboard-write'] })
    await start(page)
    await play(page, 'continue')
    await page.locator('#played a', { hasText: '/accounts' }).last().click()
    await byId(page, 'copy').click()
    await page.waitForFunction(() => document.getElementById('copy').textContent === 'Copied')
    const command = await page.evaluate(() => navigator.clipboard.readText())
    assert.equal(command, await byId(page, 'curl').textContent())
    const { stdout } = await run('sh', ['-c', command])
    assert.match(stdout, /^HTTP\/1\.1 200/)
    assert.match(stdout, /"accounts":\[/)
    // What works once is refused the second time, and the page has said so.
    await openStage(page)
    await page.locator('#played a', { hasText: '/token' }).first().click()
    const again = await run('sh', ['-c', await byId(page, 'curl').textContent()])
    assert.match(again.stdout, /^HTTP\/1\.1 400[^]*invalid_grant/)
    await openStage(page)
    await page.locator('#lines a', { hasText: 'curl → Sekisho' }).waitFor()
    await close()
  })

  test('every parameter that the apps send and receive is explained', async () => {
    const { page, close } = await demo.profile('en')
    await connectBudget(page)
    await page.goto(demo.pay('/'))
    await byId(page, 'pay').click()
    await byId(page, 'approve').click()
    await byId(page, 'paid').waitFor()
    for (const name of ['again', 'without-proof', 'as-bearer', 'with-another-key']) {
      await byId(page, `try-${name}`).click()
      await byId(page, 'refusal').waitFor()
    }
    // The payments API asks about its tokens; for the accounts API the gateway has looked them up without a word.
    await openStage(page)
    const asking = await page.locator('#lines a', { hasText: '/introspect' }).allInnerTexts()
    assert.ok(asking.length > 0)
    for (const line of asking) assert.match(line, /API\s*→/)
    await page.goto(demo.till('/'))
    await byId(page, 'customer').fill('alice')
    await byId(page, 'ask').click()
    await byId(page, 'waiting').waitFor()
    await page.goto(server('/account/requests'))
    await byId(page, 'approve').click()
    await page.goto(budget('/'))
    await byId(page, 'disconnect').click()
    for (const app of [demo.board('/'), demo.pocket('/'), demo.pocket('/implicit')]) {
      await page.goto(app)
      await byId(page, 'connect').click()
      await byId(page, 'approve').click()
      await byId(page, 'accounts').waitFor()
    }
    await byId(page, 'renew-silently').click()
    await logged(page, 'not-renewed').waitFor()
    await page.goto(server('/nightly-report'))
    await byId(page, 'run').click()
    await page.goto(server('/.well-known/openid-configuration'))
    await page.goto(server('/jwks'))
    const [unexplained, seen] = [[], new Set()]
    for await (const path of steps(page)) {
      seen.add(path)
      for (const name of await page.locator('div:has(> .unexplained) dt').allTextContents()) unexplained.push(`${path} ${name}`)
      assert.equal(await page.locator('.lead .note').count(), 1, `${path}: what the request is for`)
    }
    for (const path of ['/par', '/token', '/bc-authorize', '/introspect', '/userinfo', '/revoke']) assert.ok(seen.has(path), path)
    assert.deepEqual(unexplained, [])
    await close()
  })

  test('a reset leaves nothing to the next visitor', async () => {
    const { page, close } = await demo.profile('en')
    await connectBudget(page)
    await byId(page, 'pay').click()
    await page.getByRole('status').waitFor()
    await openStage(page)
    await page.locator('#lines a', { hasText: /GET\s+\/accounts/ }).last().click()
    const command = await byId(page, 'curl').textContent()
    await openStage(page)
    await byId(page, 'reset').click()
    await byId(page, 'nothing').waitFor()
    await inspect(page, 'stage-reset', 'en')
    const { stdout } = await run('sh', ['-c', command])
    assert.match(stdout, /^HTTP\/1\.1 401/)
    await page.goto(server('/account'))
    await byId(page, 'sign-in').waitFor()
    await connectBudget(page)
    assert.equal((await page.locator('#accounts tbody .amount').first().textContent()).trim(), '¥248,300')
    await close()
  })

  test('without JavaScript it is all there', async () => {
    const { page, close } = await demo.profile('ja', { javaScriptEnabled: false })
    await start(page)
    assert.deepEqual(await play(page, 'tamper'), [200, 401])
    await page.locator('#lines a', { hasText: '/accounts' }).last().click()
    await byId(page, 'curl').waitFor()
    assert.equal(await byId(page, 'copy').isVisible(), false)
    await byId(page, 'why').click()
    await byId(page, 'cause').waitFor()
    await close()
  })

  test('the keyboard alone is enough', async () => {
    const { page, close } = await demo.profile('en')
    await start(page)
    await tabTo(page, 'act-drop-verifier')
    await page.keyboard.press('Enter')
    await byId(page, 'played').waitFor()
    await page.keyboard.press('Tab')
    await page.locator('#played a.why').focus()
    await page.keyboard.press('Enter')
    await byId(page, 'cause').waitFor()
    await close()
  })
})
