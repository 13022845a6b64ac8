// Log-out as apps see it: openid-client sends the browser, jose verifies the logout token, Chromium loads the frames and
// asks whether the session is still the same.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { byId, inspect, launch } from '../lib/browser.js'
import { freePort, startServer } from '../lib/server.js'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** An app on a port of its own, and one of another origin. */
async function startApp(port) {
  const app = { origin: `http://localhost:${port}`, foreign: `http://localhost:${port + 1}`, front: [], back: [] }
  const handle = async (request, response) => {
    const url = new URL(request.url, app.origin)
    const html = (body) => response.setHeader('content-type', 'text/html').end(`<!doctype html><title>App</title>${body}`)
    if (url.pathname === '/callback') {
      app.callback = url
      // An app's page with the frame of the server, and a way to ask it.
      return html(`<h1>App</h1><iframe id="op" src="${app.frame}" hidden></iframe><script>
        window.ask = (message) => new Promise((answer) => {
          addEventListener('message', (event) => answer(event.origin + ' ' + event.data), { once: true })
          document.getElementById('op').contentWindow.postMessage(message, '*')
        })</script>`)
    }
    if (url.pathname === '/front') {
      app.front.push(Object.fromEntries(url.searchParams))
      return html('bye')
    }
    if (url.pathname === '/back') {
      let body = ''
      for await (const chunk of request) body += chunk
      app.back.push({ method: request.method, type: request.headers['content-type'], form: new URLSearchParams(body) })
      return response.end()
    }
    if (url.pathname === '/slow') return
    html('<h1>Signed out</h1>')
  }
  const servers = [port, port + 1].map((port) => createServer(handle).listen(port, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  app.stop = () => servers.forEach((server) => (server.closeAllConnections(), server.close()))
  return app
}

describe('log-out', () => {
  let app, server, browser, config
  before(async () => {
    app = await startApp(await freePort(2))
    server = await startServer('sqlite', `
[[client]]
client_id                 = "calendar"
client_name               = "Calendar"
redirect_uris             = ["${app.origin}/callback"]
post_logout_redirect_uris = ["${app.origin}/signed-out"]
frontchannel_logout_uri   = "${app.origin}/front"
backchannel_logout_uri    = "${app.origin}/back"
client_secret             = "calendar-secret"
first_party               = true
[[client]]
client_id               = "slow"
client_secret           = "slow-secret"
redirect_uris           = ["${app.origin}/callback"]
frontchannel_logout_uri = "${app.origin}/slow"
first_party             = true
`)
    config = await client.discovery(new URL(server.issuer), 'calendar', undefined, client.ClientSecretBasic('calendar-secret'), {
      execute: [client.allowInsecureRequests],
    })
    app.frame = config.serverMetadata().check_session_iframe
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
    app?.stop()
  })

  async function profile(locale) {
    const context = await browser.newContext({ locale })
    context.setDefaultTimeout(15_000)
    const complaints = []
    context.on('page', (page) => page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) complaints.push(message.text())
    }))
    return { context, page: await context.newPage(), complaints }
  }

  /** Signs alice in to the app in this page: the app's tokens and its `session_state`. */
  async function signIn(page) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: `${app.origin}/callback`,
      scope: 'openid',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    await page.goto(url.href)
    if (await byId(page, 'username').count()) {
      await byId(page, 'username').fill('alice')
      await byId(page, 'password').fill('alice-password')
      await byId(page, 'sign-in').click()
    }
    await page.waitForURL(`${app.origin}/callback**`)
    const tokens = await client.authorizationCodeGrant(config, app.callback, { pkceCodeVerifier, idTokenExpected: true })
    return { tokens, message: `calendar ${app.callback.searchParams.get('session_state')}` }
  }

  // Conformance: B131 B135 B136 B137 oidcc-rp-initiated-logout oidcc-frontchannel-rp-initiated-logout oidcc-backchannel-rp-initiated-logout oidcc-session-management-rp-initiated-logout
  test('an app signs its user out; all its parts learn of it', async () => {
    const { context, page, complaints } = await profile('en-GB')
    const { tokens, message } = await signIn(page)
    const { sid, sub } = tokens.claims()
    const ask = (message) => page.evaluate((message) => window.ask(message), message)
    const says = (word) => `${server.issuer} ${word}`
    assert.equal(await ask(message), says('unchanged'))
    assert.equal(await ask('nonsense'), says('error'))
    assert.equal(await ask(message.replace('calendar', 'other')), says('changed'))

    // Another site that got hold of the value learns nothing by it.
    const elsewhere = await context.newPage()
    await elsewhere.goto(`${app.foreign}/callback`)
    assert.equal(await elsewhere.evaluate((message) => window.ask(message), message), says('changed'))

    app.front.length = app.back.length = 0
    const end = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token, post_logout_redirect_uri: `${app.origin}/signed-out`, state: 'a b&c',
    })
    const tab = await context.newPage()
    await tab.goto(end.href)
    await tab.waitForURL(`${app.origin}/signed-out**`)
    assert.equal(new URL(tab.url()).search, '?state=a%20b%26c')
    assert.deepEqual(app.front, [{ iss: server.issuer, sid }])
    assert.equal(await ask(message), says('changed'))

    for (const deadline = Date.now() + 20_000; !app.back.length && Date.now() < deadline;) {
      await new Promise((answer) => setTimeout(answer, 100))
    }
    assert.equal(app.back.length, 1)
    const [{ method, type, form }] = app.back
    assert.deepEqual([method, type, [...form.keys()]], ['POST', 'application/x-www-form-urlencoded', ['logout_token']])
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri))
    const { payload } = await jwtVerify(form.get('logout_token'), keys, {
      issuer: server.issuer, audience: 'calendar', typ: 'logout+jwt', algorithms: ['RS256'], maxTokenAge: '2 minutes',
      requiredClaims: ['iat', 'exp', 'jti', 'events', 'sub', 'sid'],
    })
    assert.deepEqual([payload.sid, payload.sub, payload.nonce], [sid, sub, undefined])
    assert.deepEqual(payload.events, { [EVENT]: {} })
    await context.close()
    assert.deepEqual(complaints, [])
  })

  test('an app whose frame does not end holds the browser up for some seconds only', async () => {
    const { context, page } = await profile('en-GB')
    const { tokens } = await signIn(page)
    const request = new URLSearchParams({
      client_id: 'slow', redirect_uri: `${app.origin}/callback`, response_type: 'code', scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256',
    })
    await page.goto(`${server.issuer}/authorize?${request}`)
    await page.waitForURL(`${app.origin}/callback**`)
    const end = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token, post_logout_redirect_uri: `${app.origin}/signed-out`,
    })
    const begun = Date.now()
    await page.goto(end.href, { waitUntil: 'commit' })
    await page.waitForURL(`${app.origin}/signed-out`)
    assert.ok(Date.now() - begun > 4000)
    await context.close()
  })

  for (const [language, locale] of [['en', 'en-GB'], ['ja', 'ja-JP']]) {
    test(`the pages can be read by everybody (${language})`, async () => {
      const { context, page, complaints } = await profile(locale)
      const { tokens } = await signIn(page)
      // The hint is of a session that is over: the user is asked, and told who asks.
      await page.goto(`${server.issuer}/logout`)
      await byId(page, 'sign-out').click()
      await page.getByRole('heading').waitFor()
      await inspect(page, `signed-out-${language}`, language)
      await signIn(page)
      const end = client.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token, post_logout_redirect_uri: `${app.origin}/signed-out`,
      })
      await page.goto(end.href)
      await inspect(page, `sign-out-${language}`, language)
      await byId(page, 'sign-out').click()
      await page.waitForURL(`${app.origin}/signed-out`)
      await context.close()
      assert.deepEqual(complaints, [])
    })
  }

  test('without scripts the browser goes on all the same', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    const { tokens } = await signIn(page)
    const end = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token, post_logout_redirect_uri: `${app.origin}/signed-out`,
    })
    app.front.length = 0
    await page.goto(end.href)
    await page.waitForURL(`${app.origin}/signed-out`)
    assert.equal(app.front.length, 1)
    await context.close()
  })
})
