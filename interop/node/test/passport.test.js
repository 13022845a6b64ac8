// passport with passport-openidconnect in an Express app, as its readme has it: sign in and out in a real browser. The
// library sends no PKCE: its client follows the profile `openid-core`.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import express from 'express'
import session from 'express-session'
import passport from 'passport'
import OpenIDConnectStrategy from 'passport-openidconnect'
import { byId, launch } from '../lib/browser.js'
import { freePort, startServer } from '../lib/server.js'

/** The app, as its developer would write it. */
function makeApp(metadata, origin) {
  const authenticator = new passport.Passport()
  authenticator.use(new OpenIDConnectStrategy({
    issuer: metadata.issuer,
    authorizationURL: metadata.authorization_endpoint,
    tokenURL: metadata.token_endpoint,
    userInfoURL: metadata.userinfo_endpoint,
    clientID: 'passport',
    clientSecret: 'passport-secret',
    callbackURL: `${origin}/callback`,
    scope: 'profile email',
    nonce: true,
    maxAge: 3600,
    skipUserProfile: false,
  }, (issuer, profile, context, idToken, accessToken, refreshToken, done) => done(null, { profile, idToken })))
  authenticator.serializeUser((user, done) => done(null, user))
  authenticator.deserializeUser((user, done) => done(null, user))

  const app = express()
  app.use(session({ secret: 'only for this test', resave: false, saveUninitialized: false }))
  app.use(authenticator.session())
  app.get('/', (request, response) => response.send(request.user ? request.user.profile.displayName : 'nobody'))
  app.get('/login', authenticator.authenticate('openidconnect'))
  app.get('/callback', authenticator.authenticate('openidconnect', { failureMessage: true, failureRedirect: '/failed' }),
    (request, response) => response.redirect('/'))
  app.get('/failed', (request, response) => response.status(403).send('refused'))
  app.get('/logout', (request, response, next) => {
    const end = new URL(metadata.end_session_endpoint)
    end.search = new URLSearchParams({ id_token_hint: request.user.idToken, post_logout_redirect_uri: `${origin}/`, state: 's' })
    request.logout((error) => error ? next(error) : response.redirect(end.href))
  })
  return app
}

describe('passport', () => {
  let browser, server, origin, listener
  before(async () => {
    browser = await launch()
    const port = await freePort()
    origin = `http://127.0.0.1:${port}`
    server = await startServer('sqlite', `
[[client]]
client_id                  = "passport"
client_name                = "Passport"
client_secret              = "passport-secret"
profile                    = "openid-core"
redirect_uris              = ["${origin}/callback"]
post_logout_redirect_uris  = ["${origin}/"]
token_endpoint_auth_method = "client_secret_post"
scope                      = "openid profile email"
`)
    const metadata = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()
    listener = makeApp(metadata, origin).listen(port, '127.0.0.1')
    await once(listener, 'listening')
  })
  after(async () => {
    await browser?.close()
    listener?.closeAllConnections()
    listener?.close()
    await server?.stop()
  })

  async function signIn(username, decision) {
    const context = await browser.newContext()
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    await page.goto(`${origin}/login`)
    await byId(page, 'username').fill(username)
    await byId(page, 'password').fill(`${username}-password`)
    await byId(page, 'sign-in').click()
    await byId(page, decision).click()
    return { page, context }
  }

  // Conformance: oidcc-server-client-secret-post oidcc-rp-initiated-logout
  test('a user signs in and out', async () => {
    const { page, context } = await signIn('alice', 'approve')
    await page.waitForURL(`${origin}/`)
    assert.equal(await page.textContent('body'), 'Alice Example')

    await page.goto(`${origin}/logout`)
    await page.waitForURL(`${origin}/?state=s`)
    assert.equal(await page.textContent('body'), 'nobody')
    await page.goto(`${origin}/login`)
    await byId(page, 'sign-in').waitFor()
    await context.close()
  })

  test('a user who refuses is not signed in', async () => {
    const { page, context } = await signIn('bob', 'deny')
    await page.waitForURL(`${origin}/failed`)
    assert.equal(await page.textContent('body'), 'refused')
    await page.goto(`${origin}/`)
    assert.equal(await page.textContent('body'), 'nobody')
    await context.close()
  })
})
