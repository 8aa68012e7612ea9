import { describe, expect, test } from 'bun:test'
import { documentFetch, isDocumentAddress, isDocumentRedirect } from './documents.ts'

const ID = 'https://client.example/oauth/client.json'

const answering = (body: string, init: ResponseInit = {}) => {
  const seen: string[] = []
  const fetch = documentFetch(async (url) => {
    seen.push(url instanceof Request ? url.url : url.toString())
    return new Response(body, init)
  })
  return { seen, fetch }
}

const document = (more: Record<string, unknown> = {}) =>
  JSON.stringify({ client_id: ID, client_name: 'A client', redirect_uris: ['https://client.example/cb'], ...more })

const why = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it was taken',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )

async function read(body: string): Promise<unknown> {
  const answer = await answering(body).fetch(ID, { method: 'GET' })
  return answer.json()
}

describe('the address of a document', () => {
  test('is https at a name, and nothing on this machine or in the network around it by number', () => {
    for (const address of [ID, 'https://client.example:8443/c', 'https://a.b.example/x?y=1']) {
      expect([address, isDocumentAddress(address)]).toEqual([address, true])
    }
    const refused = [
      'http://client.example/c',
      'https://127.0.0.1/c',
      'https://2130706433/c',
      'https://0x7f.1/c',
      'https://[::1]/c',
      'https://[::ffff:127.0.0.1]/c',
      'https://169.254.169.254/latest/meta-data',
      'https://localhost/c',
      'https://app.localhost/c',
      'https://intranet/c',
      'https://client.example/',
      'https://client.example',
      'https://user@client.example/c',
      'https://client.example/c#x',
      'file:///etc/passwd',
      `https://client.example/${'x'.repeat(600)}`,
      'nonsense',
      // Another spelling is another id to whoever compares texts, and the same place to whoever goes there.
      'HTTPS://client.example/c',
      'https://Client.example/c',
      'https://client.example:443/c',
      'https://client.example/a/../c',
      'https://client.example/c ',
      'https://cliënt.example/c',
    ]
    for (const address of refused) expect([address, isDocumentAddress(address)]).toEqual([address, false])
  })

  test('that is none of these is never dialled', async () => {
    const { fetch, seen } = answering('{}')
    expect(await why(fetch('https://127.0.0.1/c', {}))).toContain('no address')
    expect(seen).toEqual([])
  })
})

describe('a document', () => {
  test('says as much as counts here, and no more', async () => {
    const body = document({
      backchannel_logout_uri: 'https://x.example',
      grant_types: ['authorization_code', 'client_credentials'],
    })
    expect(await read(body)).toEqual({
      client_id: ID,
      client_name: 'A client',
      redirect_uris: ['https://client.example/cb'],
      token_endpoint_auth_method: 'none',
      application_type: 'web',
      authorization_details_types: ['sallyport_task'],
      grant_types: ['authorization_code'],
    })
  })

  test('of a program on a person’s machine is one, so that any port of loopback will do', async () => {
    expect(await read(document({ redirect_uris: ['http://127.0.0.1/cb'] }))).toMatchObject({
      application_type: 'native',
    })
    expect(await read(document({ redirect_uris: ['com.example.app:/cb'] }))).toMatchObject({
      application_type: 'native',
    })
  })

  test('that two parsers could read differently is refused', async () => {
    expect(await why(read(`{"client_id":"${ID}","client_id":"https://evil.example/c"}`))).not.toBe('it was taken')
    expect(await why(read(`${document()} {}`))).not.toBe('it was taken')
    expect(await why(read('[]'))).not.toBe('it was taken')
  })

  test('that is too large is refused, and what never ends is not read to its end', async () => {
    expect(await why(read(document({ client_uri: `https://client.example/${'x'.repeat(5000)}` })))).toContain('5 KiB')
    let sent = 0
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1024
        controller.enqueue(new Uint8Array(1024))
      },
    })
    expect(await why(documentFetch(async () => new Response(endless))(ID, {}))).toContain('65536 bytes')
    expect(sent).toBeLessThan(200_000)
  })

  test('keeps a secret that it holds, for the library to refuse it', async () => {
    expect(await read(document({ client_secret: 'x' }))).toMatchObject({ client_secret: 'x' })
  })

  test('is passed on as it is where it is another, and where there is none', async () => {
    expect(await read(document({ client_id: 'https://other.example/c' }))).toMatchObject({
      client_id: 'https://other.example/c',
    })
    const { fetch } = answering('gone', { status: 404 })
    expect((await fetch(ID, {})).status).toBe(404)
  })
})

test('a code may go to https, to loopback, or to a scheme that is a domain backwards', () => {
  for (const address of ['https://a.example/cb', 'http://127.0.0.1:1/cb', 'http://[::1]/cb', 'com.example.app:/cb']) {
    expect([address, isDocumentRedirect(address)]).toEqual([address, true])
  }
  for (const address of [
    'http://a.example/cb',
    'javascript:alert(1)',
    'data:text/html,x',
    'app:/cb',
    'com.example://x/cb',
  ]) {
    expect([address, isDocumentRedirect(address)]).toEqual([address, false])
  }
})
