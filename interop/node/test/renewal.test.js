// Apps get another token before one ends, and say how: in the background, and in the browser without a visible page.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { byId } from '../lib/browser.js'
import { Demo, logged, runCommandLineApp } from '../lib/demo.js'
import { overHttps } from '../lib/over_https.js'
import { startServer } from '../lib/server.js'

describe('tokens that end soon', () => {
  const demo = new Demo(['--access-token', '8s'])

  test('a program alone renews in the background, and says so', async () => {
    const app = runCommandLineApp(demo.port)
    const { page, close } = await demo.profile('en')
    try {
      await page.goto((await app.says(/Open: (\S+)/))[1])
      await demo.signIn(page, 'bob')
      await byId(page, 'approve').click()
      await app.says(/renewed in the background: the access token is good for another \d seconds/)
      app.type('quit')
      assert.equal(await app.ended, 0)
    } finally {
      app.kill()
    }
    await close()
  })

  test('a program that may not stay connected says so', async () => {
    const app = runCommandLineApp(demo.port)
    const { page, close } = await demo.profile('en')
    try {
      await page.goto((await app.says(/Open: (\S+)/))[1])
      await demo.signIn(page, 'bob')
      await byId(page, 'scope-offline_access').uncheck()
      await byId(page, 'approve').click()
      await app.says(/You did not allow it to stay connected: in \d seconds/)
    } finally {
      app.kill()
    }
    await close()
  })

  test('Pocket renews by itself', async () => {
    const { page, close } = await demo.profile('en')
    await page.goto(demo.pocket('/'))
    await byId(page, 'connect').click()
    await demo.signIn(page, 'alice')
    await byId(page, 'approve').click()
    await logged(page, 'refreshed').waitFor()
    await byId(page, 'load-accounts').click()
    await byId(page, 'accounts').waitFor()
    await close()
  })
})

// At https addresses the bank answers prompt=none: Pocket's files, as the demo hands them out, at such an address.
describe('Pocket at an https address', () => {
  const demo = new Demo()

  for (const [way, path] of Object.entries({ 'code': '/', 'the implicit grant': '/implicit' })) {
    test(`it renews without a visible page by ${way}`, async () => {
      let issuer
      const pocket = await overHttps(demo.pocket, (text) => text.replaceAll(demo.server(''), issuer))
      const server = await startServer('sqlite', clients(pocket.origin), '', true)
      issuer = server.issuer
      const { page, close } = await demo.profile('en', { ignoreHTTPSErrors: true })
      try {
        await page.goto(`${pocket.origin}${path}`)
        await byId(page, 'connect').click()
        await demo.signIn(page, 'alice')
        await byId(page, 'approve').click()
        await logged(page, 'signed-in').waitFor()
        await byId(page, 'renew-silently').click()
        await logged(page, 'silent').waitFor()
      } finally {
        await close()
        await server.stop()
        pocket.close()
      }
    })
  }
})

const clients = (origin) => `
[[client]]
client_id = "pocket"
redirect_uris = ["${origin}/", "${origin}/silent"]
grant_types = ["authorization_code", "refresh_token"]
token_endpoint_auth_method = "none"
scope = "openid profile offline_access accounts:read"
[[client]]
client_id = "pocket-implicit"
profile = "openid-core"
redirect_uris = ["${origin}/implicit", "${origin}/silent"]
grant_types = ["implicit"]
response_types = ["id_token token"]
token_endpoint_auth_method = "none"
scope = "openid profile accounts:read"
`
