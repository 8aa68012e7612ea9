import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import type { SocketRequest } from '#upstream/unix-socket.ts'
import { type Authorization, passAuthorization } from './authorization-pass.ts'

const EXCHANGE = '01K7A0000000000000000000AA'

function scene(answer: () => Response | Promise<Response> = () => new Response('{}')) {
  const asked: SocketRequest[] = []
  const authorization: Authorization = async (request) => {
    asked.push(request)
    return answer()
  }
  const ask = (path: string, init: RequestInit = {}) =>
    passAuthorization(
      {
        request: new Request(`https://gate.example${path}`, init),
        path,
        exchange: EXCHANGE,
        caller: { source: '192.0.2.7' },
      },
      authorization,
    )
  return { asked, ask }
}

describe('what is handed on', () => {
  test('says who asks and under which exchange, whatever the caller says of that', async () => {
    const { asked, ask } = scene()
    const headers = {
      'x-sallyport-source': '10.0.0.1',
      'x-sallyport-exchange': 'mine',
      'x-forwarded-for': '10.0.0.1',
      forwarded: 'for=10.0.0.1',
      'x-forwarded-host': 'evil.example',
      host: 'evil.example',
      dpop: 'a.b.c',
      'content-type': 'application/x-www-form-urlencoded',
    }
    await ask('/oauth/token', { method: 'POST', headers, body: 'grant_type=x' })
    expect(Object.fromEntries(asked[0]?.headers ?? [])).toEqual({
      'content-type': 'application/x-www-form-urlencoded',
      dpop: 'a.b.c',
      'x-sallyport-exchange': '01K7A0000000000000000000AA',
      'x-sallyport-source': '192.0.2.7',
    })
    expect(new TextDecoder().decode(asked[0]?.body)).toBe('grant_type=x')
    expect(asked[0]?.path).toBe('/oauth/token')
  })

  test('is no path that somebody could read as another', async () => {
    const { asked, ask } = scene()
    const odd = [
      '/oauth/',
      '/oauth/a//b',
      '/oauth/..',
      '/oauth/../v1/models',
      '/oauth/%2e%2e/x',
      '/oauth/a;b',
      '/oauth/a%2fb',
    ]
    for (const path of odd) expect((await ask(path)).status).toBe(404)
    expect((await ask(`/oauth/authorize?state=${'x'.repeat(9000)}`)).status).toBe(404)
    expect(asked).toEqual([])
    expect((await ask('/oauth/authorize?scope=a%2fb&x=../..x')).status).toBe(200)
    expect((await ask('/oauth/authorize?redirect_uri=https%3A%2F%2Fapp.example%2Fcb')).status).toBe(200)
  })

  test('is no path that the server behind it would take for another: in another case, with a slash at its end', async () => {
    const { asked, ask } = scene()
    const spellings = [
      '/oauth/Token',
      '/oauth/TOKEN',
      '/oauth/token/',
      '/oauth/REVOKE',
      '/oauth/Device?user_code=BCDF-GHJK',
      '/oauth/device/',
      '/oauth/Device_Authorization',
      '/oauth/Register',
      '/oauth/Authorize?client_id=x',
      '/oauth/Jwks',
      '/oauth/introspect/',
      '/oauth/nothing',
      '/oauth/login/x',
      '/.well-known/OpenID-Configuration',
      '/.well-known/oauth-authorization-server/',
    ]
    for (const path of spellings) expect([path, (await ask(path)).status]).toEqual([path, 404])
    expect(asked).toEqual([])
  })

  test('is no body of more than 64 KiB, whether it says so or not', async () => {
    const { asked, ask } = scene()
    const body = new Uint8Array(65 * 1024)
    expect((await ask('/oauth/token', { method: 'POST', body })).status).toBe(413)
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(body)
        controller.close()
      },
    })
    const { status, headers } = await ask('/oauth/token', { method: 'POST', body: stream })
    expect(status).toBe(413)
    expect(headers.get('connection')).toBe('close')
    expect(asked).toEqual([])
  })
})

describe('what comes back', () => {
  test('keeps its cookies apart, and loses headers that are not on the list', async () => {
    const { ask } = scene(() => {
      const headers = new Headers({
        location: '/oauth/login/1',
        'content-type': 'text/html',
        server: 'x',
        'x-powered-by': 'y',
        'cross-origin-opener-policy': 'same-origin',
      })
      headers.append('set-cookie', 'a=1; Path=/oauth')
      headers.append('set-cookie', 'b=2; Path=/oauth')
      return new Response(null, { status: 303, headers })
    })
    const { status, headers } = await ask('/oauth/authorize')
    expect(status).toBe(303)
    expect(headers.getSetCookie()).toEqual(['a=1; Path=/oauth', 'b=2; Path=/oauth'])
    expect([...headers.keys()].filter((name) => name !== 'set-cookie')).toEqual([
      'content-type',
      'cross-origin-opener-policy',
      'location',
    ])
  })

  test('is a 503 in OAuth’s words while nobody answers, or where there is no such server', async () => {
    const { ask } = scene(() => {
      throw new Refusal('not_ready', {
        message: 'The authorization server is not ready; try again in a moment.',
        retryAfter: 1,
      })
    })
    const answer = await ask('/oauth/token')
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await answer.json()).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'The authorization server is not ready; try again in a moment.',
      reason: 'not_ready',
    })
    const none = await passAuthorization(
      {
        request: new Request('https://gate.example/oauth/token'),
        path: '/oauth/token',
        exchange: EXCHANGE,
        caller: { source: '192.0.2.7' },
      },
      undefined,
    )
    expect(none.status).toBe(503)
  })

  test('of a bug tells nothing', async () => {
    const { ask } = scene(() => {
      throw new Error('secret')
    })
    const answer = await ask('/oauth/token')
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('secret')
  })
})
