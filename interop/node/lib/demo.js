// `sekisho demo` as a process of its own, and browsers that look at it.
import { after, afterEach, before, beforeEach } from 'node:test'
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { byId, launch } from './browser.js'
import { freePort, start } from './server.js'

export const languages = { en: 'en-GB', ja: 'ja-JP' }

/** A demo for each test of the suite that calls this: what one leaves behind is nothing to the next. */
export class Demo {
  #browser
  #directory
  #stop

  constructor() {
    before(async () => { this.#browser = await launch() })
    after(() => this.#browser?.close())
    beforeEach(async () => {
      this.#directory = await mkdtemp(path.join(tmpdir(), 'sekisho-demo-'))
      this.port = await freePort(6)
      this.#stop = await start(['demo', '--port', String(this.port)], this.#directory, this.server('/'))
    })
    afterEach(async () => {
      await this.#stop()
      await rm(this.#directory, { recursive: true, force: true })
    })
  }

  server = (path) => this.#at(0, path)
  budget = (path) => this.#at(1, path)
  pay = (path) => this.#at(3, path)
  till = (path) => this.#at(5, path)

  #at(place, path) {
    return `http://localhost:${this.port + place}${path}`
  }

  /** A new browser profile. A page that reports an error, or is refused something by its policy, fails the test. */
  async profile(language, options = {}) {
    const context = await this.#browser.newContext({ locale: languages[language], ...options })
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
    return { page, close }
  }

  /** Fills in the form of the sign-in page. */
  async signIn(page, username) {
    await byId(page, 'username').fill(username)
    await byId(page, 'password').fill(`${username}-password`)
    await byId(page, 'sign-in').click()
  }
}
