// The real server as a process of its own, with its files in a temporary directory.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { openSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export const root = path.resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../..')
export const program = path.resolve(root, process.env.SEKISHO_BIN ?? 'target/debug/sekisho')
export const engines = ['sqlite', 'postgres']

const children = new Set()
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')))

let offered = process.pid * 61

/** A port of 127.0.0.1 where nobody listens, below those of outgoing connections; `count` of them in a row. */
export async function freePort(count = 1) {
  for (;;) {
    const first = 20000 + (offered % 12000)
    offered += count
    const free = await Promise.all(Array.from({ length: count }, (_, n) => isFree(first + n)))
    if (free.every(Boolean)) return first
  }
}

function isFree(port) {
  return new Promise((answer) => {
    const probe = createServer().once('error', () => answer(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => answer(true)))
  })
}

/** Starts a private PostgreSQL with an empty database: `{ url, stop }`. It ends with this process at the latest. */
export async function startPostgres() {
  const child = spawn(path.join(root, 'interop/postgres.sh'), { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  if (child.exitCode !== null) throw new Error('PostgreSQL did not start')
  const stop = async () => {
    const ended = once(child, 'exit')
    child.stdin.end()
    await ended
  }
  return { url: line.toString().trim(), stop }
}

/**
 * Starts `sekisho serve` with the bank's realm on an engine, `settings` at its top and `more` TOML at its end; its
 * listener speaks TLS by an authority of its own, with the file `ca`, when `tls` is asked for. `config` ends its own file:
 * `{ issuer, config, ca, stop }`.
 */
export async function startServer(engine, more = '', settings = '', tls = false, config = '') {
  const directory = await mkdtemp(path.join(tmpdir(), 'sekisho-node-'))
  const postgres = engine === 'postgres' ? await startPostgres() : undefined
  const clean = async () => {
    await postgres?.stop()
    await rm(directory, { recursive: true, force: true })
  }
  const port = await freePort(2)
  const issuer = `${tls ? 'https' : 'http'}://localhost:${port}`
  const realm = await readFile(path.join(root, 'crates/testkit/realms/bank.toml'), 'utf8')
  await mkdir(path.join(directory, 'data'))
  await writeFile(path.join(directory, 'realm.toml'), `${settings}\n${realm.replaceAll('ISSUER', issuer)}\n${more}`)
  const file = path.join(directory, 'sekisho.toml')
  await writeFile(file, `
data = "${directory}/data"
database = "${postgres?.url ?? `sqlite:${directory}/data/sekisho.db`}"
realms = ["${directory}/realm.toml"]
[[listener]]
bind = "127.0.0.1:${port}"
${tls ? 'tls = "dev"\nclient_certificates = "request"' : ''}
[operations]
bind = "127.0.0.1:${port + 1}"
[outgoing]
allow = ["localhost", "127.0.0.1"]
${config}
`)
  const ready = `http://127.0.0.1:${port + 1}/health/ready`
  try {
    const stop = await start(['serve', '--config', file], directory, ready)
    return { issuer, config: file, ca: path.join(directory, 'data/tls/ca.pem'), stop: () => stop().finally(clean) }
  } catch (error) {
    await clean()
    throw error
  }
}

/** Runs the server's program with `args` in `directory` until the answer, returned, is called. Waits until `ready` answers 200. */
export async function start(args, directory, ready) {
  const log = path.join(directory, 'log')
  const handle = openSync(log, 'a')
  const child = spawn(program, args, { cwd: directory, stdio: ['ignore', handle, handle] })
  children.add(child)
  const failed = (why) => new Error(`${program} ${args.join(' ')}: ${why}\n${readFileSync(log, 'utf8')}`)
  const ended = new Promise((answer) => {
    child.once('exit', (code, signal) => answer(code ?? signal))
    child.once('error', (error) => answer(error.message))
  })
  let over
  ended.then((how) => { over = how; children.delete(child) })
  const deadline = Date.now() + 60_000
  while (!(await answers(ready))) {
    if (over !== undefined) throw failed(`ended (${over}) before it was ready`)
    if (Date.now() > deadline) throw child.kill('SIGKILL'), failed('is not ready after a minute')
    await pause(50)
  }
  return async () => {
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
    const how = await ended
    clearTimeout(late)
    if (how !== 0) throw failed(`ended by ${how}, not 0, when asked to end`)
  }
}

async function answers(url) {
  try {
    const response = await fetch(url)
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}
