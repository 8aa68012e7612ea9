// The pages that people see while they log in: plain HTML without script, under a policy that allows nothing but its own style.
// The surprise: browsers hold redirects after a form to `form-action`, too, so a page with a form names where it may end.
import { createHash } from 'node:crypto'

/** Text that is HTML already. Made by `html` only. */
export interface Html {
  readonly markup: string
}

type Part = string | number | Html | readonly Html[] | undefined

/** A template whose every value is escaped, unless it is HTML of this function's own making. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: strings.reduce((all, text, at) => all + markupOf(parts[at - 1]) + text) }
}

function markupOf(part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return isList(part) ? part.map(({ markup }) => markup).join('') : part.markup
}

const isList = (part: Html | readonly Html[]): part is readonly Html[] => Array.isArray(part)

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (found) => ESCAPES[found] ?? '')

export interface Page {
  readonly status: number
  readonly title: string
  readonly main: Html
  /** Where its forms may lead in the end, besides here: addresses of clients. */
  readonly leadsTo?: readonly string[]
}

export interface RenderedPage {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

// Dark on light and light on dark are both above 7:1 (WCAG 1.4.6); what is focused is outlined by 3 px.
const STYLE =
  ':root{color-scheme:light dark}body{margin:0;background:#fff;color:#1a1a1a;font:1.0625rem/1.5 system-ui,sans-serif}' +
  'main{max-width:34rem;margin:0 auto;padding:3rem 1.25rem}h1{font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}' +
  'dt{font-weight:600;margin-top:.75rem}dd{margin:0;overflow-wrap:anywhere}' +
  'button,.choice{display:inline-block;font:inherit;padding:.6rem 1.25rem;margin:.5rem .75rem .5rem 0;border:2px solid #0b4a8f;' +
  'border-radius:.4rem;background:#0b4a8f;color:#fff;text-decoration:none;cursor:pointer}' +
  'button.second{background:transparent;color:inherit;border-color:currentColor}' +
  'input{font:inherit;padding:.5rem;border:2px solid #595959;border-radius:.4rem;background:transparent;color:inherit;' +
  'letter-spacing:.1em;text-transform:uppercase}label{display:block;font-weight:600}' +
  ':focus-visible{outline:3px solid #c25700;outline-offset:2px}ul{list-style:none;padding:0}code{font-size:1.25em}' +
  '[role=alert]{border-left:4px solid #b00020;padding-left:.75rem}' +
  '@media (prefers-color-scheme:dark){body{background:#14171a;color:#f2f2f2}button,.choice{background:#9cc9ff;color:#0a1a2b;' +
  'border-color:#9cc9ff}input{border-color:#a6a6a6}[role=alert]{border-color:#ff8a9b}}'

/** In one piece: the hash is of every character between the tags, and templates are laid out by a formatter. */
const STYLE_ELEMENT: Html = { markup: `<style>${STYLE}</style>` }
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

export function renderPage({ status, title, main, leadsTo = [] }: Page): RenderedPage {
  const { markup } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – Sallyport</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${main}
        </main>
      </body>
    </html>`
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': [
        "default-src 'none'",
        `style-src 'sha256-${STYLE_HASH}'`,
        `form-action ${["'self'", ...new Set(leadsTo.flatMap(sourceOf))].join(' ')}`,
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ].join('; '),
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    },
    body: markup,
  }
}

/** As a source of a policy: it has no form for IPv6 hosts, and a program's own scheme has no host. */
function sourceOf(address: string): readonly string[] {
  if (!URL.canParse(address)) return []
  const { protocol, host, hostname } = new URL(address)
  const isWeb = protocol === 'https:' || protocol === 'http:'
  if (isWeb && /^[a-z0-9.:-]+$/.test(host) && !hostname.startsWith('[')) return [`${protocol}//${host}`]
  return /^[a-z][a-z0-9+.-]*:$/.test(protocol) ? [protocol] : []
}
