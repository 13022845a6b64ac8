// openid-client (npm) proves who its client is by assertions, and exchanges tokens.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import * as client from 'openid-client'
import { engines, startServer } from '../lib/server.js'

const algorithms = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  PS256: { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
}
const secret = 'a secret of more than thirty-two bytes'
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const registration = (id, more) => `
[[client]]
client_id      = "${id}"
grant_types    = ["client_credentials", "${exchange}"]
response_types = []
scope          = "accounts:read reports:read"
${more}
`

for (const engine of engines) {
  describe(`openid-client with assertions on ${engine}`, () => {
    let server
    const authentication = { 'mac-robot': client.ClientSecretJwt(secret) }
    before(async () => {
      let realm = registration('mac-robot', `token_endpoint_auth_method = "client_secret_jwt"\nclient_secret = "${secret}"`)
      for (const [alg, parameters] of Object.entries(algorithms)) {
        const pair = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
        const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', pair.publicKey)
        const members = Object.entries({ kid: alg, alg, use: 'sig', kty, crv, x, y, n, e }).filter(([, value]) => value)
        const jwk = members.map(([name, value]) => `${name} = "${value}"`).join(', ')
        const id = `${alg.toLowerCase()}-robot`
        realm += registration(id, `token_endpoint_auth_method = "private_key_jwt"\njwks = { keys = [{ ${jwk} }] }`)
        authentication[id] = client.PrivateKeyJwt({ key: pair.privateKey, kid: alg })
      }
      server = await startServer(engine, realm)
    })
    after(() => server?.stop())

    const configure = (id, method = authentication[id]) =>
      client.discovery(new URL(server.issuer), id, undefined, method, { execute: [client.allowInsecureRequests] })

    for (const id of ['es256-robot', 'ps256-robot', 'mac-robot']) {
      test(`${id}: a token, what it is worth, and its end`, async () => {
        const config = await configure(id)
        const tokens = await client.clientCredentialsGrant(config, { scope: 'accounts:read' })
        const live = await client.tokenIntrospection(config, tokens.access_token)
        assert.equal(live.active, true)
        assert.equal(live.client_id, id)
        await client.tokenRevocation(config, tokens.access_token)
        assert.deepEqual(await client.tokenIntrospection(config, tokens.access_token), { active: false })
      })
    }

    test('another secret is invalid_client', async () => {
      const config = await configure('mac-robot', client.ClientSecretJwt('another secret of more than thirty-two bytes'))
      await assert.rejects(client.clientCredentialsGrant(config), (error) => error.status === 401)
    })

    test('a token becomes a narrower one', async () => {
      const config = await configure('es256-robot')
      const resource = ['https://api.example.com', 'https://reports.example.com']
      const parameters = new URLSearchParams({ scope: 'accounts:read reports:read' })
      resource.forEach((api) => parameters.append('resource', api))
      const wide = await client.clientCredentialsGrant(config, parameters)
      const type = 'urn:ietf:params:oauth:token-type:access_token'
      const narrow = await client.genericGrantRequest(config, exchange, {
        subject_token: wide.access_token,
        subject_token_type: type,
        resource: 'https://reports.example.com',
      })
      assert.equal(narrow.issued_token_type, type)
      assert.equal(narrow.scope, 'reports:read')
      assert.equal(narrow.access_token.split('.').length, 3)
    })
  })
}
