// Debian's nginx, Caddy, Apache and HAProxy before an API, with the very files of packaging/proxies that users are given.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort, root } from './server.js'

const given = (name) => readFile(path.join(root, 'packaging/proxies', name), 'utf8')

/** What each is: its files, written into `at` with the addresses of the test, and how it is started. */
const proxies = {
  async nginx({ at, port, put }) {
    await put('sekisho.conf', await given('nginx/sekisho.conf'))
    await put('client_cert.js', await given('nginx/client_cert.js'))
    await put('api.conf', (await given('nginx/api.conf'))
      .replaceAll('/etc/nginx/', `${at}/`)
      .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replace('/etc/ssl/api.example.com.pem', `${at}/tls.pem`)
      .replace('/etc/ssl/private/api.example.com.key', `${at}/tls.key`))
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${at}/${name};`)
    await put('nginx.conf', `
load_module /usr/lib/nginx/modules/ngx_http_js_module.so;
daemon off; master_process off; pid ${at}/pid; error_log stderr;
events {}
http { access_log off; ${temporary.join(' ')} include ${at}/api.conf; }
`)
    return ['/usr/sbin/nginx', '-e', 'stderr', '-p', at, '-c', `${at}/nginx.conf`]
  },

  async caddy({ at, port, host, put }) {
    const site = (await given('caddy/Caddyfile'))
      .replace(/^api\.example\.com \{/m, `https://${host}:${port} {\n\tbind 127.0.0.1`)
      .replace('\ttls {', `\ttls ${at}/tls.pem ${at}/tls.key {`)
    await put('Caddyfile', `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`)
    return ['/usr/bin/caddy', 'run', '--config', `${at}/Caddyfile`, '--adapter', 'caddyfile']
  },

  async apache({ at, port, put }) {
    await put('sekisho.lua', await given('apache/sekisho.lua'))
    const site = (await given('apache/api.conf'))
      .replace('*:443', `127.0.0.1:${port}`)
      .replace('/etc/ssl/api.example.com.pem', `${at}/tls.pem`)
      .replace('/etc/ssl/private/api.example.com.key', `${at}/tls.key`)
      .replaceAll('/etc/apache2/', `${at}/`)
    const loaded = ['mpm_event', 'authn_core', 'authz_core', 'socache_shmcb', 'ssl', 'lua', 'proxy', 'proxy_http']
    await put('apache.conf', `
ServerRoot "${at}"
DefaultRuntimeDir "${at}"
PidFile "${at}/pid"
ErrorLog "${at}/log"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
${process.getuid() === 0 ? 'User www-data\nGroup www-data' : ''}
${loaded.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${site}`)
    // Its workers are another user, and read the script with each call.
    await chmod(at, 0o755)
    return ['/usr/sbin/apache2', '-f', `${at}/apache.conf`, '-D', 'FOREGROUND']
  },

  async haproxy({ at, port, put }) {
    await put('sekisho.lua', await given('haproxy/sekisho.lua'))
    await put('both.pem', await readFile(`${at}/tls.pem`, 'utf8') + await readFile(`${at}/tls.key`, 'utf8'))
    await put('haproxy.cfg', (await given('haproxy/haproxy.cfg'))
      .replace('bind :443', `bind 127.0.0.1:${port}`)
      .replace('/etc/haproxy/api.example.com.pem', `${at}/both.pem`)
      .replaceAll('/etc/haproxy/', `${at}/`))
    return ['/usr/sbin/haproxy', '-db', '-f', `${at}/haproxy.cfg`]
  },
}

export const names = Object.keys(proxies)

/**
 * Starts one of them before the API of a host, with this certificate: `{ port, stop }`. `sekisho` and `api` are ports of
 * 127.0.0.1.
 */
export async function startProxy(name, { host, sekisho, api, tls }) {
  const at = await mkdtemp(path.join(tmpdir(), `sekisho-${name}-`))
  const port = await freePort()
  const put = (file, text) => writeFile(path.join(at, file), text
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${sekisho}`)
    .replaceAll('127.0.0.1:9000', `127.0.0.1:${api}`)
    .replaceAll('api.example.com', host))
  await put('tls.pem', tls.cert.toString())
  await put('tls.key', tls.key.toString())
  const [program, ...args] = await proxies[name]({ at, port, host, put })
  const child = spawn(program, args, { cwd: at, env: { ...process.env, HOME: at, XDG_DATA_HOME: at, XDG_CONFIG_HOME: at } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { said += text })
  let problem
  child.once('error', (error) => { problem = error })
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  const stop = async () => {
    process.off('exit', kill)
    if (child.pid && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const late = setTimeout(kill, 5000)
      await ended
      clearTimeout(late)
    }
    await rm(at, { recursive: true, force: true })
  }
  for (let n = 0; n < 200 && !problem && child.exitCode === null; n++) {
    if (await listens(port)) return { port, stop }
    await pause(50)
  }
  const log = await readFile(path.join(at, 'log'), 'utf8').catch(() => '')
  await stop()
  throw new Error(`${program} does not answer: ${problem ?? ''}\n${said}${log}`)
}

function listens(port) {
  return new Promise((answer) => {
    const probe = connect(port, '127.0.0.1')
    probe.once('connect', () => { probe.destroy(); answer(true) }).once('error', () => answer(false))
  })
}
