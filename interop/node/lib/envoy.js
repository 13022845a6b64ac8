// Envoy's side of external authorization: asks as Envoy does (envoy.service.auth.v3, gRPC), and does what it is told. The few
// messages that it needs are written here in the encoding of Protocol Buffers; the numbers are those of Envoy's .proto files.
import { once } from 'node:events'
import { connect, constants } from 'node:http2'

// ---- Protocol Buffers ----

function varint(number) {
  const out = []
  for (let left = number; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...out, left])
    out.push((left % 128) | 128)
  }
}

/** A field of bytes, a text, or a message, which is a list of fields. */
function field(number, value) {
  const content = Array.isArray(value) ? Buffer.concat(value) : Buffer.from(value)
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content])
}

const integer = (number, value) => Buffer.concat([varint(number * 8), varint(value)])

/** All fields of a message: number → list of values, as bytes or as a number. */
function read(message) {
  const fields = new Map()
  let at = 0
  const next = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = message[at++]
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const tag = next()
    let value = next()
    if (tag % 8 === 2) value = message.subarray(at, (at += value))
    else if (tag % 8 !== 0) throw new Error(`a field of the wire type ${tag % 8}`)
    const number = Math.floor(tag / 8)
    fields.set(number, [...(fields.get(number) ?? []), value])
  }
  return fields
}

const text = (bytes) => Buffer.from(bytes ?? '').toString()

/** HeaderValueOption: header (1) { key (1), value (2), raw_value (3) }. */
function header(option) {
  const value = read(read(option).get(1)[0])
  return [text(value.get(1)?.[0]), text(value.get(2)?.[0]) || text(value.get(3)?.[0])]
}

// ---- the question and the answer ----

/** CheckRequest: attributes (1) { source (1) { address (1), certificate (5) }, request (4) { http (2) } }. */
function question({ method, target, headers, body }, scheme, host, certificate) {
  const named = (name, value) => field(1, [field(1, name), field(3, Buffer.from(value, 'latin1'))])
  const list = headers.map(([name, value]) => named(name, value))
  list.push(...Object.entries({ ':method': method, ':path': target, ':authority': host, ':scheme': scheme }).map((pair) => named(...pair)))
  if (body !== undefined) list.push(named('x-envoy-auth-partial-body', 'false'))
  const http = [
    field(2, method), field(4, target), field(5, host), field(6, scheme), field(10, 'HTTP/1.1'),
    ...(body === undefined ? [] : [field(12, body)]),
    field(13, list),
  ]
  const address = field(1, [field(1, [field(2, '127.0.0.1'), integer(3, 50000)])])
  const source = certificate ? [address, field(5, encodeURIComponent(certificate))] : [address]
  return field(1, [field(1, source), field(4, [field(2, http)])])
}

/** Whom to ask, at a port of this machine. */
export class Envoy {
  #session
  #port

  constructor(port) {
    this.#port = port
  }

  close() {
    this.#session?.close()
  }

  /** A connection that was idle for long is ended by the other side, and made anew. */
  #connected() {
    if (!this.#session || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(`http://127.0.0.1:${this.#port}`).on('error', () => {})
    }
    return this.#session
  }

  /**
   * What Envoy does with a call: `{ status, headers, body }` of the refusal, or, with the status 200, `onwards`, the header fields
   * with which the call goes on to the API.
   */
  async check(request, scheme, host, certificate) {
    const message = question(request, scheme, host, certificate)
    const length = Buffer.alloc(5)
    length.writeUInt32BE(message.length, 1)
    const stream = this.#connected().request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/envoy.service.auth.v3.Authorization/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const answer = []
    let trailers = {}
    let responded = {}
    stream.on('data', (chunk) => answer.push(chunk))
    stream.on('response', (headers) => { responded = headers })
    stream.on('trailers', (headers) => { trailers = headers })
    stream.end(Buffer.concat([length, message]))
    await once(stream, 'close')
    const code = trailers['grpc-status'] ?? responded['grpc-status']
    // Who cannot be asked permits nothing: status_on_error.
    if (code !== '0') return { status: 503, headers: [], body: `gRPC status ${code}: ${trailers['grpc-message'] ?? ''}` }
    return this.#do(read(Buffer.concat(answer).subarray(5)), request.headers)
  }

  /** CheckResponse: status (1) { code (1) }, denied_response (2), ok_response (3). */
  #do(response, sent) {
    const code = read(response.get(1)?.[0] ?? Buffer.alloc(0)).get(1)?.[0] ?? 0
    if (code === 0) {
      const ok = read(response.get(3)?.[0] ?? Buffer.alloc(0))
      const set = (ok.get(2) ?? []).map(header)
      const removed = new Set((ok.get(5) ?? []).map(text))
      const replaced = new Set(set.map(([name]) => name))
      const onwards = [...sent.filter(([name]) => !replaced.has(name)), ...set].filter(([name]) => !removed.has(name))
      return { status: 200, headers: (ok.get(6) ?? []).map(header), body: '', onwards }
    }
    const denied = read(response.get(2)?.[0] ?? Buffer.alloc(0))
    const status = read(denied.get(1)?.[0] ?? Buffer.alloc(0)).get(1)?.[0] ?? 403
    return { status, headers: (denied.get(2) ?? []).map(header), body: text(denied.get(3)?.[0]) }
  }
}
