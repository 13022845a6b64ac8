// Debian's Apache with mod_auth_openidc, before a page of ours that tells which headers it was sent.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './server.js'

const modules = '/usr/lib/apache2/modules'
const loaded = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc', 'proxy', 'proxy_http']

/**
 * Starts it: `{ origin, stop, log }`. `settings` are lines of mod_auth_openidc; `files` are written beside the
 * configuration, and `DIRECTORY` in the settings is where.
 */
export async function startApache(port, settings, files = {}) {
  const directory = await mkdtemp(path.join(tmpdir(), 'sekisho-apache-'))
  const upstream = createServer((request, response) => {
    response.setHeader('content-type', 'application/json; charset=utf-8')
    response.end(JSON.stringify(request.headers))
  }).listen(await freePort(), '127.0.0.1')
  await once(upstream, 'listening')
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text)
  const config = path.join(directory, 'apache.conf')
  await writeFile(config, `
ServerRoot "${directory}"
DefaultRuntimeDir "${directory}"
PidFile "${directory}/pid"
ErrorLog "${directory}/log"
LogLevel info auth_openidc:debug
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
${process.getuid() === 0 ? 'User www-data\nGroup www-data' : ''}
${loaded.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
${settings.replaceAll('DIRECTORY', directory)}
OIDCCryptoPassphrase "only for this test"
<Location "/">
  AuthType openid-connect
  Require valid-user
</Location>
<Location "/open">
  Require all granted
</Location>
ProxyPass "/callback" !
ProxyPass "/" "http://127.0.0.1:${upstream.address().port}/"
`)
  const child = spawn('/usr/sbin/apache2', ['-f', config, '-D', 'FOREGROUND'], { stdio: 'inherit' })
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  const log = () => readFile(path.join(directory, 'log'), 'utf8')
  const stop = async () => {
    process.off('exit', kill)
    if (child.exitCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    upstream.closeAllConnections()
    upstream.close()
    await rm(directory, { recursive: true, force: true })
  }
  const origin = `http://127.0.0.1:${port}`
  for (let n = 0; n < 200; n++) {
    if (await fetch(`${origin}/open`).then((answer) => answer.ok, () => false)) return { origin, stop, log }
    if (child.exitCode !== null) break
    await pause(50)
  }
  const why = await log().catch(() => '')
  await stop()
  throw new Error(`Apache does not answer:\n${why}`)
}
