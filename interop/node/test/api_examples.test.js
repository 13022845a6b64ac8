// The examples of APIs in examples/api check tokens of the real server: Node.js always, Go and Java where they are.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { freePort, root, startServer } from '../lib/server.js'

const run = promisify(execFile)
const REALM = `
[[api]]
identifier    = "https://opaque.example/v1"
introspection = ["bank-api"]
scope         = [{ name = "opaque:read", description = { en = "Read" } }, { name = "opaque:write", description = { en = "Write" } }]
[[api]]
identifier    = "https://jwt.example/v1"
token_format  = "jwt"
scope         = [{ name = "jwt:read", description = { en = "Read" } }, { name = "jwt:write", description = { en = "Write" } }]
[[client]]
client_id      = "tester"
client_secret  = "tester-secret"
grant_types    = ["client_credentials"]
response_types = []
scope          = "opaque:read opaque:write jwt:read jwt:write"
`
const here = path.join(root, 'examples/api')

/** How each becomes a command, in a directory of its own; `needs` must be on the machine. */
const languages = {
  node: {
    needs: ['node'],
    build: (directory) => symlink(path.join(root, 'interop/node/node_modules'), path.join(directory, 'node_modules')),
    command: ['node', 'api.js'],
  },
  go: {
    needs: ['go'],
    build: (directory) => run('go', ['build', '-o', 'api', '.'], { cwd: directory }),
    command: ['./api'],
  },
  java: {
    needs: ['javac', 'mvn'],
    build: (directory) => run('mvn', ['-q', '-B', 'package'], { cwd: directory }),
    command: ['java', '-jar', 'target/api.jar'],
  },
}

let server
before(async () => { server = await startServer('sqlite', REALM) })
after(() => server?.stop())

for (const [language, { needs, build, command }] of Object.entries(languages)) {
  describe(`the example in ${language}`, async () => {
    const missing = (await Promise.all(needs.map(async (name) => ((await isThere(name)) ? [] : [name])))).flat()
    const skip = missing.length > 0 && `${missing.join(' and ')} not on this machine: the example in ${language} did not run`
    let directory
    const running = []
    const apis = {}

    before(async () => {
      if (skip) return
      directory = await mkdtemp(path.join(tmpdir(), 'sekisho-example-'))
      await cp(path.join(here, language), directory, { recursive: true })
      await build(directory)
      const credentials = { CLIENT_ID: 'bank-api', CLIENT_SECRET: 'bank-api-secret' }
      apis.opaque = await startApi(directory, command, 'opaque', credentials, running)
      apis.jwt = await startApi(directory, command, 'jwt', {}, running)
    }, { timeout: 280_000 })
    after(async () => {
      running.forEach((child) => child.kill('SIGKILL'))
      if (directory) await rm(directory, { recursive: true, force: true })
    })

    for (const kind of ['opaque', 'jwt']) {
      test(`${kind} tokens: what is good gets in, everything else gets the right challenge`, { skip }, async () => {
        const call = (token) => fetch(apis[kind], { headers: token ? { authorization: `Bearer ${token}` } : {} })
        const good = await call(await token(kind, `${kind}:read`))
        assert.equal(good.status, 200)
        assert.equal((await good.json()).client_id, 'tester')

        const without = await call()
        assert.equal(without.status, 401)
        assert.match(without.headers.get('www-authenticate'), /^Bearer/)
        assert.doesNotMatch(without.headers.get('www-authenticate'), /error/)

        const other = kind === 'jwt' ? 'opaque' : 'jwt'
        for (const [what, bad] of Object.entries({
          'no token': 'nonsense',
          'for another API': await token(other, `${other}:read`),
          'bound to a key': await token(kind, `${kind}:read`, true),
          tampered: tampered(await token(kind, `${kind}:read`)),
        })) {
          const refused = await call(bad)
          assert.equal(refused.status, 401, what)
          assert.match(refused.headers.get('www-authenticate'), /^Bearer .*error="invalid_token"/, what)
        }

        const weak = await call(await token(kind, `${kind}:write`))
        assert.equal(weak.status, 403)
        assert.match(weak.headers.get('www-authenticate'), /^Bearer .*error="insufficient_scope"/)
      })
    }

    test('an opaque token that was taken back is refused at once', { skip }, async () => {
      const taken = await token('opaque', 'opaque:read')
      const call = () => fetch(apis.opaque, { headers: { authorization: `Bearer ${taken}` } })
      assert.equal((await call()).status, 200)
      await post('/revoke', { token: taken })
      assert.equal((await call()).status, 401)
    })
  })
}

async function isThere(name) {
  return run('sh', ['-c', `command -v ${name}`]).then(() => true, () => false)
}

async function startApi(directory, command, kind, credentials, running) {
  const port = await freePort()
  const env = { ...process.env, ISSUER: server.issuer, API: `https://${kind}.example/v1`, SCOPE: `${kind}:read`, PORT: `${port}`, ...credentials }
  const child = spawn(command[0], command.slice(1), { cwd: directory, env, stdio: ['ignore', 'ignore', 'inherit'] })
  running.push(child)
  const url = `http://127.0.0.1:${port}/`
  for (const deadline = Date.now() + 60_000; ;) {
    if (await fetch(url).then((response) => response.status === 401, () => false)) return url
    assert.ok(Date.now() < deadline && child.exitCode === null, `${command.join(' ')} does not answer`)
    await pause(100)
  }
}

/** A token of `tester` for one of the two APIs. */
async function token(kind, scope, isBound = false) {
  const headers = isBound ? { dpop: await proof(`${server.issuer}/token`) } : {}
  const resource = `https://${kind}.example/v1`
  const response = await post('/token', { grant_type: 'client_credentials', scope, resource }, headers)
  const answer = await response.json()
  assert.equal(response.status, 200, JSON.stringify(answer))
  assert.equal(answer.token_type, isBound ? 'DPoP' : 'Bearer')
  return answer.access_token
}

async function proof(htu) {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const header = { alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) }
  return new SignJWT({ htm: 'POST', htu, jti: randomUUID() }).setProtectedHeader(header).setIssuedAt().sign(privateKey)
}

function post(endpoint, form, headers = {}) {
  const authorization = `Basic ${Buffer.from('tester:tester-secret').toString('base64')}`
  return fetch(server.issuer + endpoint, { method: 'POST', headers: { authorization, ...headers }, body: new URLSearchParams(form) })
}

/** One character in the middle is another. */
function tampered(text) {
  const at = Math.floor(text.length / 2)
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}
