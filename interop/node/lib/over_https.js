// Pages of the demo at an https address, by a certificate that nobody vouches for.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Hands out what is at `from(path)`, with `mend` applied to each text: `{ origin, close }`. */
export async function overHttps(from, mend) {
  const mended = (text) => mend(text.replaceAll('&#x2f;', '/'))
  const server = createServer(selfSigned('localhost'), async (request, answer) => {
    const response = await fetch(from(request.url))
    for (const name of ['content-type', 'content-security-policy']) answer.setHeader(name, mended(response.headers.get(name)))
    answer.end(mended(await response.text()))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const close = () => { server.close(); server.closeAllConnections() }
  return { origin: `https://localhost:${server.address().port}`, close }
}

/** A certificate for a host, and its key. */
export function selfSigned(host) {
  const directory = mkdtempSync(path.join(tmpdir(), 'sekisho-tls-'))
  const [key, cert] = ['key', 'pem'].map((kind) => path.join(directory, kind))
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const about = ['-days', '2', '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  execFileSync('openssl', ['req', '-x509', ...ec, '-keyout', key, '-out', cert, ...about], { stdio: ['ignore', 'ignore', 'pipe'] })
  const made = { cert: readFileSync(cert), key: readFileSync(key) }
  rmSync(directory, { recursive: true })
  return made
}
