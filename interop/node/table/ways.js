// The ways in to the API of the table. Each sends a request and answers `{ status, headers, body, reached }`, where `reached` are
// the header fields with which the call came to the API, if it did.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Envoy } from '../lib/envoy.js'
import { selfSigned } from '../lib/over_https.js'
import { names, startProxy } from '../lib/proxies.js'
import { send } from '../lib/raw.js'
import { freePort, program, start } from '../lib/server.js'
import { clientCert, host } from './bank.js'

const identity = ['sekisho-subject', 'sekisho-client', 'sekisho-scope', 'sekisho-acr']
const ofConnection = ['connection', 'content-length', 'transfer-encoding', 'host', 'upgrade', 'te', 'trailer', 'keep-alive']

/** From where clients call, which is none of the proxies. */
const stranger = '127.0.0.5'

/** Opens all of them: `{ ways, close }`. */
export async function openWays(bank) {
  const ways = {}
  const closing = []
  const close = async () => { for (const end of closing.reverse()) await end() }
  const add = (name, way, end) => { ways[name] = way; if (end) closing.push(end) }
  try {
    add('gateway', throughTls(bank, bank.ports.gateway))
    const apart = await startApart(bank)
    add('apart', throughTls(bank, apart.port), apart.stop)
    const tls = selfSigned(host)
    for (const name of names) {
      const proxy = await startProxy(name, { host, sekisho: bank.ports.plain, api: bank.api.port, tls })
      add(name, throughTls(bank, proxy.port), proxy.stop)
    }
    add('traefik', traefik(bank))
    const asking = new Envoy(bank.ports.envoy)
    add('envoy', envoy(asking), () => asking.close())
    const { port, stop } = await startCrate(bank)
    add('crate', crate(port), stop)
  } catch (error) {
    await close()
    throw error
  }
  return { ways, close }
}

/** Over TLS, with or without a certificate, to whatever is at this port. */
const throughTls = ({ api }, port) => async (request, certificate) => {
  api.seen = undefined
  // The name in the handshake is the API's: which host is meant is for the request to say.
  const answer = await send(port, request, { tls: { servername: host, ...certificate }, localAddress: stranger })
  return { ...answer, reached: api.seen }
}

/** A gateway in a process of its own, which keeps what it is told and hears what is revoked. */
async function startApart({ server }) {
  const directory = await mkdtemp(path.join(tmpdir(), 'sekisho-apart-'))
  const port = await freePort(2)
  const file = path.join(directory, 'gateway.toml')
  await writeFile(file, `
data = "${directory}/data"
[[listener]]
bind = "127.0.0.1:${port}"
role = "gateway"
tls  = "dev"
client_certificates = "request"
[operations]
bind = "127.0.0.1:${port + 1}"
[gateway]
issuer        = "${server.issuer}"
client_id     = "bank-api"
client_secret = "bank-api-secret"
apis          = ["${path.join(path.dirname(server.config), 'realm.toml')}"]
trust         = ["${server.ca}"]
check         = "jwks"
remember      = "1m"
`)
  const ready = `http://127.0.0.1:${port + 1}/health/ready`
  const end = await start(['gateway', '--config', file], directory, ready)
  const stop = () => end().finally(() => rm(directory, { recursive: true, force: true }))
  for (let n = 0; n < 200; n++) {
    if (await (await fetch(ready)).text() === 'ready\n') return { port, stop }
    await pause(50)
  }
  await stop()
  throw new Error('the gateway apart hears no revocations')
}

/** As Traefik's ForwardAuth asks, and what it does with the answer. It says nothing of certificates. */
const traefik = ({ ports }) => async ({ method, target, headers }) => {
  const all = (name) => headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value)
  const onwards = headers.filter(([name]) => !/^(client-cert|x-forwarded-)/i.test(name) && !/_/.test(name))
  const asked = [
    ...onwards.filter(([name]) => !ofConnection.includes(name.toLowerCase())),
    ['Host', `127.0.0.1:${ports.plain}`],
    ['X-Forwarded-Method', method],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', all('host')[0]],
    ['X-Forwarded-Uri', target],
    ['X-Forwarded-For', '127.0.0.1'],
  ]
  const answer = await send(ports.plain, { method: 'GET', target: '/forward-auth', headers: asked })
  if (answer.status !== 200) return answer
  const told = answer.headers.filter(([name]) => identity.includes(name))
  const own = onwards.filter(([name]) => !identity.includes(name.toLowerCase()))
  return { ...answer, reached: [...own, ...told] }
}

/** As Envoy asks, and what it does with the answer. */
const envoy = (asking) => async (request, certificate) => {
  const headers = request.headers.map(([name, value]) => [name.toLowerCase(), value])
  // headers_with_underscores_action: DROP_HEADER
  const fields = headers.filter(([name]) => name !== 'host' && !name.includes('_'))
  const authority = headers.find(([name]) => name === 'host')[1]
  const { onwards, ...answer } = await asking.check({ ...request, headers: fields }, 'https', authority, certificate?.cert.toString())
  return { ...answer, reached: onwards }
}

/** An API with the crate, in the place of proxy and API. */
async function startCrate({ server }) {
  const port = await freePort()
  const example = path.join(path.dirname(program), 'examples/routes')
  const child = spawn(example, { stdio: ['ignore', 'ignore', 'inherit'], env: {
    ...process.env, ISSUER: server.issuer, API: `https://${host}`, CLIENT_ID: 'bank-api', CLIENT_SECRET: 'bank-api-secret',
    CA: server.ca, BIND: `127.0.0.1:${port}`,
  } })
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  let problem
  child.once('error', (error) => { problem = error })
  const stop = () => { process.off('exit', kill); kill() }
  const there = { method: 'GET', target: '/loans', headers: [['Host', host]] }
  for (let n = 0; n < 200 && !problem && child.exitCode === null; n++) {
    if (await send(port, there).then(() => true, () => false)) return { port, stop }
    await pause(50)
  }
  stop()
  throw new Error(`${example} does not answer; cargo build --workspace --examples makes it: ${problem ?? ''}`)
}

const crate = (port) => async (request, certificate) => {
  const shown = certificate ? [['Client-Cert', clientCert(certificate)]] : []
  const answer = await send(port, { ...request, headers: [...request.headers, ...shown] })
  if (answer.status !== 200) return answer
  const told = request.method === 'HEAD' ? {} : JSON.parse(answer.body)
  return { ...answer, reached: Object.entries(told).map(([name, value]) => [`sekisho-${name}`, value]) }
}
