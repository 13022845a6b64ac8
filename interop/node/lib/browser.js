// Debian's Chromium, and what every page is held to.
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'
import { root } from './server.js'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const screenshots = path.join(root, 'target/screenshots')

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  })
}

/**
 * Looks at the page as it is: in both colour schemes axe-core finds no violation of WCAG 2.2 A and AA, it says its
 * language, and on a narrow phone nothing sticks out. Leaves screenshots named by `name`.
 */
export async function inspect(page, name, language) {
  await mkdir(screenshots, { recursive: true })
  if (language) assert.equal(await page.getAttribute('html', 'lang'), language, `${name}: lang`)
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.screenshot({ path: path.join(screenshots, `${name}-${colorScheme}.png`), fullPage: true })
    // Evaluated by the debugger: the page's Content-Security-Policy stays as it is.
    await page.evaluate(axe)
    const violations = await page.evaluate(async (values) => {
      const { violations } = await globalThis.axe.run(document, { runOnly: { type: 'tag', values } })
      return violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.html) }))
    }, rules)
    assert.deepEqual(violations, [], `${name}, ${colorScheme}`)
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  await inspectOnPhone(page, name)
}

async function inspectOnPhone(page, name) {
  const size = page.viewportSize()
  await page.setViewportSize({ width: 320, height: 640 })
  await page.screenshot({ path: path.join(screenshots, `${name}-phone.png`), fullPage: true })
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  await page.setViewportSize(size)
  assert.ok(excess <= 0, `${name}: ${excess} px stick out of a phone's screen`)
}

/** Goes on with the Tab key until the element with this id has the focus. */
export async function tabTo(page, id) {
  for (let n = 0; n < 40; n++) {
    if (await page.evaluate((id) => document.activeElement?.id === id, id)) {
      const visible = await page.evaluate(() => document.activeElement.matches(':focus-visible'))
      assert.ok(visible, `#${id}: the focus can be seen`)
      return
    }
    await page.keyboard.press('Tab')
  }
  assert.fail(`#${id} cannot be reached by the Tab key on ${page.url()}`)
}

/** An element by an id as it is: ids like `scope-accounts:read` need no escaping. */
export const byId = (page, id) => page.locator(`[id="${id}"]`)
