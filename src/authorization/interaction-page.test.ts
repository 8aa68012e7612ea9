import { describe, expect, test } from 'bun:test'
import { html, renderPage } from './interaction-page.ts'

describe('a page', () => {
  test('shows whatever it is told as text, never as markup', () => {
    const name = `<script>alert("1" & '2')</script>`
    expect(html`<p title="${name}">${name}</p>`.markup).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;">' +
        '&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;</p>',
    )
  })

  test('allows no script, no frame around it, and no address of its own but its style', () => {
    const { headers, body } = renderPage({ status: 200, title: 'A & B', main: html`<p>one</p>` })
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
    )
    expect(headers['x-frame-options']).toBe('DENY')
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(body).toContain('<title>A &amp; B – Sallyport</title>')
    expect(body).toContain('<html lang="en">')
  })

  test('breaks long words, wherever somebody else chose them', () => {
    const { body } = renderPage({ status: 200, title: 'x'.repeat(200), main: html`` })
    expect(body).toMatch(/h1\{[^}]*overflow-wrap:anywhere/)
  })

  test('its style is the one that its policy names', () => {
    const { headers, body } = renderPage({ status: 200, title: 'x', main: html`` })
    const style = /<style>([\s\S]*)<\/style>/.exec(body)?.[1] ?? ''
    const hash = new Bun.CryptoHasher('sha256').update(style).digest('base64')
    expect(headers['content-security-policy']).toContain(`'sha256-${hash}'`)
  })

  test('names where its form may end: an origin, or a scheme where the policy has no words for the host', () => {
    const leadsTo = [
      'https://app.example/callback?x=1',
      'http://127.0.0.1:4711/cb',
      'http://[::1]:4711/cb',
      'com.example.app:/cb',
      'https://evil.example; script-src *',
      'no address',
    ]
    const { headers } = renderPage({ status: 200, title: 'x', main: html``, leadsTo })
    expect(headers['content-security-policy']).toContain(
      "form-action 'self' https://app.example http://127.0.0.1:4711 http: com.example.app:; frame-ancestors",
    )
  })
})
