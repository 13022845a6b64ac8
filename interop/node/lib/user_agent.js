// A browser without a screen: cookies, redirects within the issuer's origin, and the forms of the server's pages.

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decode(text) {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) =>
    name ? (entities[name] ?? whole) : String.fromCodePoint(parseInt(hex ?? decimal, hex ? 16 : 10)))
}

function attributes(tag) {
  const found = {}
  for (const [, name, double, single, bare] of tag.matchAll(/([^\s=<>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g)) {
    found[name.toLowerCase()] ??= decode(double ?? single ?? bare ?? '')
  }
  return found
}

/** The form that has an element with this id: `{ action, fields }`, or undefined. */
function formWith(id, { url, html = '' }) {
  for (const [, opening, body] of html.matchAll(/<form\b((?:"[^"]*"|'[^']*'|[^>"'])*)>(.*?)<\/form>/gis)) {
    const fields = [...body.matchAll(/<(input|button)\b((?:"[^"]*"|'[^']*'|[^>"'])*)>/gi)]
      .map(([, element, source]) => ({ element: element.toLowerCase(), ...attributes(source) }))
    if (fields.some((field) => field.id === id)) {
      return { action: new URL(attributes(opening).action ?? '', url), fields }
    }
  }
}

export class UserAgent {
  #cookies = new Map()
  #fetch

  /** `send` fetches: by default without trust in anybody's own authority. */
  constructor(send = fetch) {
    this.#fetch = send
  }

  /** Goes the usual way: signs in if asked, then presses `decision` (`approve` or `deny`). Answers the client's redirect URI. */
  async authorize(url, { username = 'alice', decision = 'approve' } = {}) {
    let answer = await this.open(url)
    if (formWith('sign-in', answer)) {
      answer = await this.submit(answer, 'sign-in', { username, password: `${username}-password` })
    }
    if (formWith(decision, answer)) answer = await this.submit(answer, decision)
    if (!answer.callback) throw new Error(`${answer.status} ${answer.url}\n${answer.html}`)
    return answer.callback
  }

  open(url) {
    return this.#go(new URL(url))
  }

  /** Presses the button with the id `pressed`, `values` typed into the fields with these ids. */
  submit(page, pressed, values = {}) {
    const { action, fields } = formWith(pressed, page)
    const body = new URLSearchParams()
    for (const { element, id, name, type = '', value, checked } of fields) {
      const isButton = element === 'button' || type === 'submit'
      const isUnticked = ['checkbox', 'radio'].includes(type) && checked === undefined
      if (!name || isUnticked || (isButton && id !== pressed)) continue
      body.append(name, values[id] ?? value ?? (type === 'checkbox' ? 'on' : ''))
    }
    return this.#go(action, body)
  }

  async #go(start, body) {
    let url = start
    for (let n = 0; n < 20; n++) {
      if (url.origin !== start.origin) return { callback: url }
      const headers = { accept: 'text/html', cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
      if (body) headers.origin = start.origin
      const response = await this.#fetch(url, { method: body ? 'POST' : 'GET', body, headers, redirect: 'manual' })
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
        if (/;\s*max-age=(0|-)/i.test(line)) this.#cookies.delete(name)
        else this.#cookies.set(name, value)
      }
      const html = await response.text()
      const location = response.headers.get('location')
      if (!location) return { url, status: response.status, html }
      if (body && response.status !== 303) throw new Error(`${url} answered a form by ${response.status}, not 303`)
      url = new URL(location, url)
      body = undefined
    }
    throw new Error(`too many redirects, the last to ${url}`)
  }
}
