// A provider's name that is turned against the gate: it leads to this machine, to its neighbours, or to the metadata service
// that would hand out the machine's own credentials (SSRF, DNS rebinding).
import { afterAll, expect, test } from 'bun:test'
import { makeDialer } from '#upstream/dial.ts'
import { makeFetchJson } from '#upstream/fetch-json.ts'
import { outgoing, providerAt } from '#upstream/http.fixture.ts'

let asked = 0
let query = ''
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request) {
    asked += 1
    const { pathname, search } = new URL(request.url)
    query = search
    if (!pathname.startsWith('/moved')) return Response.json({ ok: true })
    return new Response(null, {
      status: 302,
      headers: { location: 'http://169.254.169.254/latest/meta-data/iam/security-credentials/' },
    })
  },
})
afterAll(() => server.stop(true))

const METADATA = '169.254.169.254'

/** Answers one after the other; the last for ever. */
function answering(...answers: readonly (readonly string[])[]) {
  const names: string[] = []
  const resolve = async (host: string): Promise<readonly string[]> => {
    names.push(host)
    return answers[Math.min(names.length, answers.length) - 1] ?? []
  }
  return { names, resolve }
}

test('a name that leads elsewhere at the second look-up is not followed there', async () => {
  const dns = answering(['127.0.0.1'], [METADATA])
  const way = outgoing(dns)
  const provider = providerAt(`http://rebind.test:${server.port}/v1`)
  asked = 0
  for (let time = 0; time < 5; time += 1) expect(await way.outcome(provider)).toBe(200)
  // What was checked is what is dialled: in between nobody asks again.
  expect([asked, dns.names]).toEqual([5, ['rebind.test']])
  way.wait(10_000)
  for (let time = 0; time < 5; time += 1) expect(await way.outcome(provider)).toBe('provider_address_refused')
  expect([asked, dns.names.length]).toEqual([5, 2])
  expect(way.log).toEqual([
    `provider harbor: provider_address_refused: rebind.test leads to ${METADATA}, which is link-local, where metadata services answer; nobody may dial that`,
  ])
})

test('a good address beside a bad one does not carry it in', async () => {
  asked = 0
  for (const answers of [
    ['127.0.0.1', METADATA],
    [METADATA, '127.0.0.1'],
    ['127.0.0.1', 'fd00:ec2::254'],
    ['127.0.0.1', '::ffff:a9fe:a9fe'],
    ['127.0.0.1', '64:ff9b::a9fe:a9fe'],
  ]) {
    const way = outgoing(answering(answers))
    expect(await way.outcome(providerAt(`http://mixed.test:${server.port}/v1`))).toBe('provider_address_refused')
  }
  expect(asked).toBe(0)
})

test('this machine and its network are dialled only where `private: true` says so, whatever name leads there', async () => {
  asked = 0
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '10.1.2.3', '192.168.0.1', '100.64.0.1', 'fd12::1']) {
    const way = outgoing(answering([address]))
    const provider = providerAt(`http://inside.test:${server.port}/v1`, { private: false })
    expect([address, await way.outcome(provider)]).toEqual([address, 'provider_address_refused'])
  }
  expect(asked).toBe(0)
})

test('addresses that nobody may dial are refused as literals, too, in every way to write them', async () => {
  for (const host of [
    METADATA,
    '0xa9fea9fe',
    '2852039166',
    '0251.0376.0251.0376',
    '169.254.43518',
    '[::ffff:169.254.169.254]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '[64:ff9b::169.254.169.254]',
    '100.100.100.200',
    '168.63.129.16',
    '0.0.0.0',
    '0',
    '[::]',
    '255.255.255.255',
    '224.0.0.1',
    '198.18.0.1',
  ]) {
    const way = outgoing()
    const provider = providerAt(new URL(`http://${host}:80/v1`).href)
    expect([host, await way.outcome(provider)]).toEqual([host, 'provider_address_refused'])
  }
})

test('where the address is refused, no secret is read', async () => {
  const way = outgoing({ ...answering([METADATA]), secrets: [] })
  const provider = providerAt('https://rebind.test/v1', { credential: { from: 'env', name: 'KEY' } })
  expect(await way.outcome(provider)).toBe('provider_address_refused')
})

test('a redirect to the metadata service is an answer, and is not followed', async () => {
  const dns = answering(['127.0.0.1'])
  const answer = await outgoing(dns).ask(providerAt(`http://moved.test:${server.port}/moved/v1`))
  expect([answer.status, answer.headers.get('location')]).toEqual([
    302,
    'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
  ])
  expect(dns.names).toEqual(['moved.test'])
})

test('keys of issuers are fetched from networks of our own, but never from where nobody may dial', async () => {
  const fetchJson = (...answers: readonly string[]) =>
    makeFetchJson(makeDialer({ resolve: async () => answers, now: () => 0 }))
  const signal = new AbortController().signal
  const url = `http://issuer.test:${server.port}/keys?a=b`
  asked = 0
  expect(await (await fetchJson('127.0.0.1')(url, signal)).json()).toEqual({ ok: true })
  expect(query).toBe('?a=b')
  const refused = await fetchJson('127.0.0.1', METADATA)(url, signal).catch(String)
  expect(refused).toBe(
    `Error: issuer.test leads to ${METADATA}, which is link-local, where metadata services answer; nobody may dial that`,
  )
  expect(await fetchJson()('http://169.254.169.254/keys', signal).catch(String)).toContain('nobody may dial that')
  expect(asked).toBe(1)
  const moved = await fetchJson()(`http://127.0.0.1:${server.port}/moved`, signal)
  expect(moved.status).toBe(302)
})
