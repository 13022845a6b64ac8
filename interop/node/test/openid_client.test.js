// openid-client (npm) against `sekisho serve`, on both engines.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import * as client from 'openid-client'
import { engines, startServer } from '../lib/server.js'
import { UserAgent } from '../lib/user_agent.js'

const apps = {
  'web-app': { redirect: 'https://app.example.com/callback', authentication: client.ClientSecretBasic('web-app-secret') },
  'post-app': { redirect: 'https://post.example.com/callback', authentication: client.ClientSecretPost('post-app-secret') },
  cli: { redirect: 'http://127.0.0.1:53682/callback', authentication: client.None() },
  robot: { authentication: client.ClientSecretBasic('robot-secret') },
  'bank-api': { authentication: client.ClientSecretBasic('bank-api-secret') },
}

for (const engine of engines) {
  describe(`openid-client on ${engine}`, () => {
    let server
    before(async () => { server = await startServer(engine) })
    after(() => server?.stop())

    const configure = (id) => client.discovery(new URL(server.issuer), id, undefined, apps[id].authentication, {
      execute: [client.allowInsecureRequests],
    })

    /** An authorization request, and what checks its answer. */
    async function request(config, id, more = {}) {
      const pkceCodeVerifier = client.randomPKCECodeVerifier()
      const expectedState = client.randomState()
      const expectedNonce = client.randomNonce()
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: apps[id].redirect,
        scope: 'openid profile email offline_access accounts:read',
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: expectedState,
        nonce: expectedNonce,
        ...more,
      })
      return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } }
    }

    async function signIn(config, id, more) {
      const { url, checks } = await request(config, id, more)
      const callback = await new UserAgent().authorize(url)
      return client.authorizationCodeGrant(config, callback, checks)
    }

    const introspect = async (token) => client.tokenIntrospection(await configure('bank-api'), token)

    for (const id of ['web-app', 'post-app', 'cli']) {
      // Conformance: oidcc-server oidcc-server-client-secret-post oidcc-userinfo-get oidcc-refresh-token
      // Conformance: SEED1-01 SEED1-19
      test(`${id}: code with PKCE, UserInfo, refresh, revocation`, async () => {
        const config = await configure(id)
        const tokens = await signIn(config, id)
        const claims = tokens.claims()
        assert.equal(claims.iss, server.issuer)
        assert.ok(tokens.expires_in > 0)
        assert.ok(tokens.scope.split(' ').includes('accounts:read'))

        const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
        assert.equal(user.email, 'alice@example.com')
        assert.equal(user.given_name, 'Alice')

        const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
        assert.notEqual(refreshed.access_token, tokens.access_token)
        assert.equal((await client.fetchUserInfo(config, refreshed.access_token, claims.sub)).sub, claims.sub)
        if (id === 'cli') assert.notEqual(refreshed.refresh_token, tokens.refresh_token)

        const last = refreshed.refresh_token ?? tokens.refresh_token
        await client.tokenRevocation(config, last)
        await assert.rejects(client.refreshTokenGrant(config, last), { error: 'invalid_grant' })
        await assert.rejects(client.fetchUserInfo(config, refreshed.access_token, claims.sub), { status: 401 })
      })
    }

    test('an API learns by introspection who may do what, until the token is revoked', async () => {
      const config = await configure('web-app')
      const tokens = await signIn(config, 'web-app')
      const live = await introspect(tokens.access_token)
      assert.equal(live.active, true)
      assert.equal(live.client_id, 'web-app')
      assert.equal(live.sub, tokens.claims().sub)
      assert.ok([live.aud].flat().includes('https://api.example.com'))
      await client.tokenRevocation(config, tokens.access_token)
      assert.deepEqual(await introspect(tokens.access_token), { active: false })
    })

    test('a token for one API is for no other', async () => {
      const config = await configure('web-app')
      const tokens = await signIn(config, 'web-app', { resource: 'https://reports.example.com', scope: 'openid reports:read' })
      assert.equal(tokens.access_token.split('.').length, 3)
      assert.deepEqual(await introspect(tokens.access_token), { active: false })
    })

    test('client credentials', async () => {
      const config = await configure('robot')
      const tokens = await client.clientCredentialsGrant(config, { scope: 'accounts:read' })
      assert.equal(tokens.refresh_token, undefined)
      const live = await introspect(tokens.access_token)
      assert.equal(live.active, true)
      assert.equal(live.scope, 'accounts:read')
      await assert.rejects(client.clientCredentialsGrant(config, { scope: 'payments:write' }), { error: 'invalid_scope' })
    })

    test('a user who refuses sends the client access_denied', async () => {
      const config = await configure('web-app')
      const { url, checks } = await request(config, 'web-app')
      const callback = await new UserAgent().authorize(url, { username: 'bob', decision: 'deny' })
      await assert.rejects(client.authorizationCodeGrant(config, callback, checks), { error: 'access_denied' })
    })

    test('a code is worth nothing with another verifier, nor a second time', async () => {
      const config = await configure('web-app')
      const first = await request(config, 'web-app')
      const stolen = await new UserAgent().authorize(first.url)
      const other = { ...first.checks, pkceCodeVerifier: client.randomPKCECodeVerifier() }
      await assert.rejects(client.authorizationCodeGrant(config, stolen, other), { error: 'invalid_grant' })

      const second = await request(config, 'web-app')
      const callback = await new UserAgent().authorize(second.url)
      const tokens = await client.authorizationCodeGrant(config, callback, second.checks)
      await assert.rejects(client.authorizationCodeGrant(config, callback, second.checks), { error: 'invalid_grant' })
      await assert.rejects(client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), { status: 401 })
    })

    test('a wrong secret is invalid_client', async () => {
      const config = await client.discovery(new URL(server.issuer), 'robot', undefined, client.ClientSecretBasic('wrong'), {
        execute: [client.allowInsecureRequests],
      })
      await assert.rejects(client.clientCredentialsGrant(config), (error) => error.status === 401)
    })
  })
}
