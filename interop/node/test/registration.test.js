// openid-client (npm) registers clients, and signs users in with them.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import * as client from 'openid-client'
import { engines, program, startServer } from '../lib/server.js'
import { UserAgent } from '../lib/user_agent.js'

const redirect = 'https://registered.example/callback'
const execute = [client.allowInsecureRequests]

/** Signs alice in at a client that was just registered. */
async function signIn(config, scope) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const expectedNonce = client.randomNonce()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirect,
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  })
  const callback = await new UserAgent().authorize(url)
  return client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true,
  })
}

for (const engine of engines) {
  describe(`registration by openid-client on ${engine}`, () => {
    let server
    before(async () => { server = await startServer(engine, '', 'registration = "open"') })
    after(() => server?.stop())

    const register = (metadata, authentication, options) => client.dynamicClientRegistration(
      new URL(server.issuer), { redirect_uris: [redirect], ...metadata }, authentication, { execute, ...options })

    /** What the registered client asks of its own registration. */
    function manage(config, method, members) {
      const { registration_client_uri: uri, registration_access_token: token } = config.clientMetadata()
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      return fetch(uri, { method, headers, body: members && JSON.stringify(members) })
    }

    test('a secret in the body: register, sign in, refresh, replace, delete', async () => {
      const config = await register({
        client_name: 'Registered',
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'client_secret_post',
      })
      const { client_id } = config.clientMetadata()
      const tokens = await signIn(config, 'openid email offline_access')
      assert.equal(tokens.claims().aud, client_id)
      assert.equal((await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)).email, 'alice@example.com')
      await client.refreshTokenGrant(config, tokens.refresh_token)

      const read = await manage(config, 'GET')
      assert.equal(read.status, 200)
      assert.equal((await read.json()).client_name, 'Registered')
      const members = { client_id, redirect_uris: [redirect], token_endpoint_auth_method: 'client_secret_post' }
      const replaced = await manage(config, 'PUT', members)
      assert.equal(replaced.status, 200)
      assert.equal((await replaced.json()).client_name, undefined)
      await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { error: 'unauthorized_client' })

      assert.equal((await manage(config, 'DELETE')).status, 204)
      assert.equal((await manage(config, 'GET')).status, 401)
      await assert.rejects(client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), { status: 401 })
    })

    test('a key of its own: private_key_jwt', async () => {
      const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
      const jwk = { ...await crypto.subtle.exportKey('jwk', keys.publicKey), kid: 'one', use: 'sig', alg: 'ES256' }
      const authentication = client.PrivateKeyJwt({ key: keys.privateKey, kid: 'one' })
      const config = await register({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } }, authentication)
      assert.equal(config.clientMetadata().client_secret, undefined)
      assert.equal((await signIn(config, 'openid')).claims().aud, config.clientMetadata().client_id)
    })

    test('with an initial access token of the operator a client of the API registers', async () => {
      const run = promisify(execFile)
      const line = ['client', 'token', 'add', '--scope', 'accounts:read', '--json', '--config', server.config]
      const { initial_access_token: initialAccessToken } = JSON.parse((await run(program, line)).stdout)
      const metadata = { scope: 'openid accounts:read', token_endpoint_auth_method: 'client_secret_post' }
      await assert.rejects(register(metadata), { error: 'invalid_client_metadata' })
      const config = await register(metadata, undefined, { initialAccessToken })
      assert.ok((await signIn(config, 'openid accounts:read')).scope.includes('accounts:read'))
      await assert.rejects(register(metadata, undefined, { initialAccessToken }), { status: 401 })
    })

    test('what cannot be registered is told by its code', async () => {
      await assert.rejects(register({ redirect_uris: [`${redirect}#fragment`] }), { error: 'invalid_redirect_uri' })
      await assert.rejects(register({ jwks_uri: 'https://10.0.0.1/jwks' }), { error: 'invalid_client_metadata' })
    })
  })
}
