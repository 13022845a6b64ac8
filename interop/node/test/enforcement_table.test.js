// One table of requests, through every way in to an API: the same decisions and the same challenges. A failure names the row
// and the way in.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { clientCert, host, proof, startBank } from '../table/bank.js'
import { requests } from '../table/requests.js'
import { openWays } from '../table/ways.js'

const ways = ['gateway', 'apart', 'crate', 'nginx', 'caddy', 'apache', 'haproxy', 'traefik', 'envoy']
/** Those that answer as the decision says; the others ask at `/forward-auth`, where 400 and 404 are 403. */
const exact = ['gateway', 'apart', 'crate', 'envoy']
/** Those whose refusals nobody explains: they are not in the server. */
const alone = ['apart', 'crate']

describe('the table of requests', () => {
  let bank, opened
  before(async () => {
    bank = await startBank()
    opened = await openWays(bank)
    // One row wants a sign-in that is more than a second ago.
    await pause(Math.max(0, bank.signedIn + 2500 - Date.now()))
  })
  after(async () => {
    await opened?.close()
    await bank?.stop()
  })

  const filled = (text) => text.replace(/\{([\w-]+)\}/g, (_, name) => bank.tokens[name] ?? clientCert(bank.identities[name]))

  /** The proof of a row, with the nonce that this way in has given last. */
  async function prove(row, way, method, target) {
    const { key = 'own', ath = row.dpop, ...other } = row.proof ?? {}
    return proof(bank.keys[key], {
      htm: method, htu: `https://${host}${target.split('?')[0]}`, token: bank.tokens[ath], nonce: bank.nonces.get(way), ...other,
    })
  }

  async function built(row, way) {
    const [method, target] = filled(row.call).split(' ')
    const headers = [['Host', row.host ?? host]]
    if (row.bearer) headers.push(['Authorization', `Bearer ${bank.tokens[row.bearer]}`])
    if (row.dpop) {
      headers.push(['Authorization', `DPoP ${bank.tokens[row.dpop]}`], ['DPoP', await prove(row, way, method, target)])
      if (row.proof?.twice) headers.push(['DPoP', await prove(row, way, method, target)])
    }
    for (const [name, value] of row.headers ?? []) headers.push([name, filled(value)])
    const body = row.body && filled(row.body)
    if (body !== undefined) headers.push(['Content-Length', String(body.length)])
    return { method, target, headers, body }
  }

  async function answer(row, way) {
    const request = await built(row, way)
    const certificate = row.certificate && bank.identities[row.certificate]
    const answered = await opened.ways[way](request, certificate)
    const nonce = fields(answered.headers, 'dpop-nonce')[0]
    if (nonce) bank.nonces.set(way, nonce)
    return row.proof?.again ? opened.ways[way](request, certificate) : answered
  }

  const fields = (headers, name) => headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value)

  function check(row, way, { status, headers, body, reached }) {
    const [wanted, who] = (row.but?.[way] ?? row.gives).split(' ')
    const there = `${status} ${JSON.stringify(headers)} ${body}`
    if (wanted === '200') {
      assert.equal(status, 200, there)
      assert.ok(reached, 'the API was not reached')
      const told = reached.filter(([name]) => /^sekisho[-_]/i.test(name))
      const isHead = row.call.startsWith('HEAD')
      if (who && !(isHead && way === 'crate')) assert.deepEqual(fields(told, 'sekisho-client'), [who])
      if (!who) assert.deepEqual(told, [], 'an identity at an open route')
      const forged = told.filter(([name, value]) => name.includes('_') || /admin|loa4/.test(value))
      assert.deepEqual(forged, [], 'an identity that a client sent')
      return
    }
    assert.equal(reached, undefined, 'the API was reached')
    const isByItself = ['400', '404'].includes(wanted) && !exact.includes(way)
    if (isByItself) assert.ok([400, 403, 404, 421].includes(status), there)
    else assert.equal(status, Number(wanted), there)
    const challenge = fields(headers, 'www-authenticate').join(', ')
    // A refusal of the proxy's own has no challenge.
    if (isByItself && !fields(headers, 'sekisho-explain').length) return
    for (const scheme of status === 401 ? (row.schemes ?? ['Bearer', 'DPoP']) : []) {
      assert.match(challenge, new RegExp(`(^|, )${scheme} `), there)
    }
    assert.equal(/error="(\w+)"/.exec(challenge)?.[1], who, there)
    if (row.says) assert.ok(challenge.includes(row.says), `${challenge} does not say ${row.says}`)
    if (!alone.includes(way)) assert.equal(fields(headers, 'sekisho-explain').length, 1, there)
  }

  for (const way of ways) {
    test(`by way of ${way}`, async (t) => {
      // The first proof has no nonce, and gets one.
      await answer({ call: 'GET /loans', dpop: 'bound' }, way)
      for (const row of requests.filter((row) => !row.not?.includes(way))) {
        await t.test(row.row, async () => check(row, way, await answer(row, way)))
      }
    })
  }
})
