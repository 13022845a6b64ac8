// Requests byte for byte as they are written: no library would send some of them.
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** The bytes of a request, whose header fields are `[name, value]`. */
export function bytes({ method, target, headers, body }) {
  const fields = headers.map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${target} HTTP/1.1`, ...fields, 'Connection: close', '', body ?? ''].join('\r\n')
}

/**
 * Sends a request to a port of this machine and reads the answer to its end: `{ status, headers, body }`, header fields as
 * `[name in small letters, value]`. With `tls`: `{ servername, cert, key }`, whoever the server is. `localAddress` is from where.
 */
export function send(port, request, { tls, localAddress } = {}) {
  return new Promise((resolve, reject) => {
    const at = { host: '127.0.0.1', port, localAddress }
    const socket = tls ? connectTls({ ...at, ALPNProtocols: ['http/1.1'], rejectUnauthorized: false, ...tls }) : connect(at)
    const chunks = []
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer within 20 s')))
    socket.once(tls ? 'secureConnect' : 'connect', () => socket.write(Buffer.from(bytes(request), 'latin1')))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.once('error', reject)
    socket.once('close', () => {
      const text = Buffer.concat(chunks).toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return reject(new Error(`no answer: ${JSON.stringify(text)}`))
      const [first, ...fields] = text.slice(0, end).split('\r\n')
      const headers = fields.map((field) => {
        const colon = field.indexOf(':')
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
      })
      resolve({ status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4) })
    })
  })
}
