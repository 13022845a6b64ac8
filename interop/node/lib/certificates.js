// Certificates of clients, made with openssl, and a fetch that shows them.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Agent, fetch } from 'undici'

const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** An authority: `{ file, issue, close }`. */
export function authority(name) {
  const directory = mkdtempSync(path.join(tmpdir(), 'sekisho-pki-'))
  const at = (file) => path.join(directory, file)
  const openssl = (...args) => execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] })
  writeFileSync(at('usage'), 'extendedKeyUsage = clientAuth\n')
  openssl('req', '-x509', ...ec, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', `/CN=${name}`)

  /** A certificate for a client with this common name. */
  function issue(client) {
    const [key, request, cert] = ['key', 'csr', 'pem'].map((kind) => at(`${client}.${kind}`))
    openssl('req', ...ec, '-keyout', key, '-out', request, '-subj', `/CN=${client}`)
    const by = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('usage')]
    openssl('x509', '-req', '-in', request, ...by, '-out', cert)
    return { cert: readFileSync(cert), key: readFileSync(key) }
  }

  return { file: at('ca.pem'), issue, close: () => rmSync(directory, { recursive: true, force: true }) }
}

/** A fetch that trusts one authority alone, and shows a certificate if there is one. */
export function fetchWith(ca, identity = {}) {
  const dispatcher = new Agent({ connect: { ca: readFileSync(ca), ...identity } })
  return (url, options) => fetch(url, { ...options, dispatcher })
}
