// A person's browser, as far as logins need one: cookies by host and path, redirects, links and forms. It goes to no address of
// which the test says that it is a client's.
export interface Seen {
  readonly url: string
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface Browser {
  /** Follows redirects until a page is shown, or until one leads to a client (`to`), which is not asked. */
  open(url: string): Promise<Seen>
  /** Sends the only form of that page, as if this button were pressed. */
  submit(page: Seen, button?: Readonly<Record<string, string>>): Promise<Seen>
  /** Follows the link whose text holds this. */
  follow(page: Seen, text: string): Promise<Seen>
  /** Names of those that it has. */
  readonly cookies: readonly string[]
  /** Drops what an origin made it keep: whoever was logged in there is not any more. */
  forget(origin: string): void
}

interface Cookie {
  readonly host: string
  readonly path: string
  readonly name: string
  readonly value: string
}

const MOST_STEPS = 20

/** `isClient`: where the browser stops, because that address is a client's. */
export function makeBrowser(isClient: (url: string) => boolean): Browser {
  const jar = new Map<string, Cookie>()

  const cookiesFor = (url: URL): string =>
    [...jar.values()]
      .filter(
        ({ host, path }) => host === url.host && (url.pathname === path || url.pathname.startsWith(slashed(path))),
      )
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')

  const keep = (url: URL, headers: Headers): void => {
    for (const line of headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const path = /;\s*path=([^;]*)/i.exec(line)?.[1] ?? '/'
      const key = `${url.host} ${path} ${name}`
      const isOver = /;\s*max-age=0/i.test(line) || /;\s*expires=Thu, 01 Jan 1970/i.test(line)
      if (isOver) jar.delete(key)
      else jar.set(key, { host: url.host, path, name, value })
    }
  }

  async function load(start: string, init: RequestInit = {}): Promise<Seen> {
    let at = new URL(start)
    let request = init
    for (let step = 0; step < MOST_STEPS; step += 1) {
      if (isClient(at.href)) return { url: at.href, status: 0, headers: new Headers(), text: '' }
      const cookie = cookiesFor(at)
      const response = await fetch(at, { ...request, redirect: 'manual', headers: { accept: 'text/html', cookie } })
      keep(at, response.headers)
      const location = response.headers.get('location')
      if (location === null) {
        return { url: at.href, status: response.status, headers: response.headers, text: await response.text() }
      }
      at = new URL(location, at)
      request = {}
    }
    throw new Error(`more than ${MOST_STEPS} redirects, the last to ${at.href}`)
  }

  return {
    open: (url) => load(url),
    get cookies() {
      return [...jar.values()].map(({ name }) => name)
    },
    forget(origin) {
      const { host } = new URL(origin)
      for (const [key, cookie] of jar) if (cookie.host === host) jar.delete(key)
    },
    submit(page, button = {}) {
      const [, action = ''] = /<form[^>]*\baction="([^"]*)"/.exec(page.text) ?? []
      const body = new URLSearchParams(fieldsOf(page.text))
      for (const [name, value] of Object.entries(button)) body.set(name, value)
      if (action === '') throw new Error(`no form on ${page.url}: ${page.text.slice(0, 300)}`)
      return load(new URL(plain(action), page.url).href, { method: 'POST', body })
    },
    follow(page, text) {
      const links = [...page.text.matchAll(/<a\b[^>]*\bhref="([^"]*)"[^>]*>([^<]*)</g)]
      const found = links.find(([, , words = '']) => words.includes(text))
      if (!found) throw new Error(`no link ${text} on ${page.url}: ${page.text.slice(-600)}`)
      return load(new URL(plain(found[1] ?? ''), page.url).href)
    },
  }
}

const slashed = (path: string): string => (path.endsWith('/') ? path : `${path}/`)

export function fieldsOf(text: string): Record<string, string> {
  const inputs = [...text.matchAll(/<input\b([^>]*)>/g)].map(([, attributes = '']) => attributes)
  return Object.fromEntries(inputs.map((attributes) => [attribute(attributes, 'name'), attribute(attributes, 'value')]))
}

const attribute = (attributes: string, name: string): string =>
  plain(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '')

const plain = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
