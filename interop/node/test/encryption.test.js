// openid-client (npm) reads what is signed and encrypted for it, with keys that jose (npm) made.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import * as client from 'openid-client'
import { decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose'
import { startServer } from '../lib/server.js'
import { UserAgent } from '../lib/user_agent.js'

const redirect_uri = 'https://reader.example.com/callback'
const readers = [
  { id: 'reader-rsa', alg: 'RSA-OAEP-256', enc: 'A256GCM', signing: 'PS256' },
  { id: 'reader-p256', alg: 'ECDH-ES', enc: 'A128CBC-HS256', signing: 'ES256' },
  { id: 'reader-x25519', alg: 'ECDH-ES+A256KW', enc: 'A256CBC-HS512', signing: 'RS256', options: { crv: 'X25519' } },
]

/** The client's registration, as a realm file has it. */
async function registration({ id, alg, enc, signing, kid, publicKey }) {
  const members = Object.entries({ ...(await exportJWK(publicKey)), kid, use: 'enc', alg })
  const jwk = members.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(', ')
  const answers = ['id_token', 'userinfo', 'introspection'].map((answer) => `
${answer}_signed_response_alg    = "${signing}"
${answer}_encrypted_response_alg = "${alg}"
${answer}_encrypted_response_enc = "${enc}"`)
  return `
[[client]]
client_id     = "${id}"
client_name   = "Reader"
client_secret = "${id}-secret"
redirect_uris = ["${redirect_uri}"]
grant_types   = ["authorization_code", "refresh_token"]
scope         = "openid email offline_access accounts:read"
jwks          = { keys = [{ ${jwk} }] }${answers.join('')}
`
}

describe('encrypted and signed responses', () => {
  let server
  before(async () => {
    for (const reader of readers) {
      Object.assign(reader, await generateKeyPair(reader.alg, { extractable: true, ...reader.options }), { kid: `${reader.id}-1` })
    }
    const registrations = await Promise.all(readers.map(registration))
    server = await startServer('sqlite', registrations.join(''))
  })
  after(() => server?.stop())

  for (const reader of readers) {
    // Conformance: B82 B86
    test(`${reader.alg} and ${reader.enc} around ${reader.signing}`, async () => {
      const metadata = Object.fromEntries(['id_token', 'userinfo', 'introspection']
        .map((answer) => [`${answer}_signed_response_alg`, reader.signing]))
      const config = await client.discovery(new URL(server.issuer), reader.id, metadata,
        client.ClientSecretBasic(`${reader.id}-secret`), { execute: [client.allowInsecureRequests] })
      const { id_token_encryption_alg_values_supported: algs, userinfo_encryption_enc_values_supported: encs } = config.serverMetadata()
      assert.ok(algs.includes(reader.alg) && encs.includes(reader.enc))
      // What the authorization server answers is refused unless it was encrypted to this key.
      client.enableDecryptingResponses(config, [reader.enc], { key: reader.privateKey, alg: reader.alg, kid: reader.kid })

      const pkceCodeVerifier = client.randomPKCECodeVerifier()
      const expectedNonce = client.randomNonce()
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri,
        scope: 'openid email offline_access accounts:read',
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        nonce: expectedNonce,
      })
      const callback = await new UserAgent().authorize(url)
      const tokens = await client.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedNonce, idTokenExpected: true })
      const header = decodeProtectedHeader(tokens.id_token)
      assert.deepEqual([header.alg, header.enc, header.kid, header.cty], [reader.alg, reader.enc, reader.kid, 'JWT'])
      assert.equal(tokens.claims().aud, reader.id)

      const user = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
      assert.equal(user.email, 'alice@example.com')
      assert.equal(user.iss, server.issuer)

      const live = await client.tokenIntrospection(config, tokens.access_token)
      assert.equal(live.active, true)
      assert.equal(live.sub, tokens.claims().sub)
      await client.tokenRevocation(config, tokens.access_token)
      assert.deepEqual(await client.tokenIntrospection(config, tokens.access_token), { active: false })

      const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
      assert.equal(refreshed.claims().sub, tokens.claims().sub)
    })
  }
})
