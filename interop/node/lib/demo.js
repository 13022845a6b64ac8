// `sekisho demo` as a process of its own, and browsers that look at it.
import { after, afterEach, before, beforeEach } from 'node:test'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { byId, launch } from './browser.js'
import { freePort, program, start } from './server.js'

export const languages = { en: 'en-GB', ja: 'ja-JP' }

/** A demo for each test of the suite that calls this: what one leaves behind is nothing to the next. */
export class Demo {
  #browser
  #directory
  #stop

  /** `options`: what the demo is started with. */
  constructor(options = []) {
    before(async () => { this.#browser = await launch() })
    after(() => this.#browser?.close())
    beforeEach(async () => {
      this.#directory = await mkdtemp(path.join(tmpdir(), 'sekisho-demo-'))
      this.port = await freePort(9)
      // Till is there last, when every key has been made.
      this.#stop = await start(['demo', '--port', String(this.port), ...options], this.#directory, this.till('/'))
    })
    afterEach(async () => {
      await this.#stop()
      await rm(this.#directory, { recursive: true, force: true })
    })
  }

  server = (path) => this.#at(0, path)
  budget = (path) => this.#at(1, path)
  api = (path) => this.#at(2, path)
  pay = (path) => this.#at(3, path)
  till = (path) => this.#at(5, path)
  board = (path) => this.#at(6, path)
  pocket = (path) => this.#at(7, path)

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

/** The last entry of its kind in Pocket's log. */
export const logged = (page, what) => page.locator(`#log [data-what="${what}"]`).last()

/** `sekisho demo cli`, with what it says and what is typed. */
export function runCommandLineApp(port, ...options) {
  const child = spawn(program, ['demo', 'cli', '--port', String(port), ...options], { stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise((answer) => child.once('exit', (code, signal) => answer(code ?? signal)))
  let output = ''
  const heard = new EventEmitter()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => heard.emit('more', (output += text)))
  }
  ended.then(() => heard.emit('more', output))
  return {
    ended,
    /** Waits until the output matches. */
    async says(pattern) {
      const deadline = AbortSignal.timeout(30_000)
      for (;;) {
        const found = pattern.exec(output)
        if (found) return found
        if (child.exitCode !== null) throw new Error(`ended without saying ${pattern}:\n${output}`)
        await once(heard, 'more', { signal: deadline })
      }
    },
    type: (line) => child.stdin.write(`${line}\n`),
    kill: () => child.kill('SIGKILL'),
  }
}
