import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { makeDialer } from '#upstream/dial.ts'
import { makeLoginFetch } from './login-fetch.ts'

const now = (): number => Date.now()

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

async function withProvider(
  answer: (request: Request) => Response | Promise<Response>,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer })
  try {
    await work(`http://127.0.0.1:${server.port}`)
  } finally {
    await server.stop(true)
  }
}

describe('the way out to an issuer', () => {
  const out = makeLoginFetch(makeDialer({ resolve: async () => ['169.254.169.254'], now }))

  test('hands over the form and the headers of the client, and reads the answer', async () => {
    const seen: string[] = []
    const provider = async (request: Request): Promise<Response> => {
      seen.push(`${request.method} ${new URL(request.url).pathname} ${request.headers.get('authorization')}`)
      seen.push(await request.text())
      return Response.json({ id_token: 'x' }, { status: 201 })
    }
    await withProvider(provider, async (url) => {
      const body = new URLSearchParams({ code: 'a b', grant_type: 'authorization_code' })
      const answer = await out(`${url}/token?x=1`, { method: 'POST', headers: { authorization: 'Basic eA==' }, body })
      expect([answer.status, await answer.json()]).toEqual([201, { id_token: 'x' }])
      expect(seen).toEqual(['POST /token Basic eA==', 'code=a+b&grant_type=authorization_code'])
    })
  })

  test('follows no redirect', async () => {
    let asked = 0
    const provider = (): Response => {
      asked += 1
      return new Response(null, { status: 302, headers: { location: '/elsewhere' } })
    }
    await withProvider(provider, async (url) => {
      expect((await out(`${url}/token`, { method: 'GET', headers: {} })).status).toBe(302)
      expect(asked).toBe(1)
    })
  })

  test('reads no more than a mebibyte of an answer', async () => {
    const endless = (): Response =>
      new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }))
    await withProvider(endless, async (url) => {
      const error = await errorOf(out(`${url}/token`, { method: 'GET', headers: {} }))
      expect(String(error)).toContain('more than 1048576 bytes')
    })
  })

  test('leads to no address that nobody may dial, whatever its name is', async () => {
    const error = await errorOf(out('https://login.example/token', { method: 'GET', headers: {} }))
    expect(error instanceof Refusal && error.reason).toBe('provider_address_refused')
  })

  test('ends when its caller gives up', async () => {
    await withProvider(
      () => new Promise<Response>(() => undefined),
      async (url) => {
        const error = await errorOf(out(url, { method: 'GET', headers: {}, signal: AbortSignal.timeout(50) }))
        expect(error).toBeDefined()
      },
    )
  })
})
