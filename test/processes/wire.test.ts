// The gateway's own process on the wire: with TLS and a certificate that is replaced under it, and refused in plain HTTP.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { connect } from 'node:tls'
import { type Authority, type Certificate, makeAuthority } from '../doubles/certificates.ts'
import { CLINIC, CLINIC_YAML } from '../rig.ts'
import { type Sandbox, sandbox, until } from './sandbox.ts'

/** Nobody listens there: an issuer that is away stops nothing. */
const AWAY = 'http://127.0.0.1:1'
const TLS = '{ tls: { certificate: "file:../tls/gate.crt", key: "file:../tls/gate.key" } }'
/** Leads to this machine, but is not written so: what is reached from elsewhere, without being it. */
const SOMEWHERE = '127.1'

let authority: Authority
beforeAll(async () => {
  authority = await makeAuthority()
})

let place: Sandbox
beforeEach(async () => {
  place = await sandbox()
})
afterEach(() => place.remove())

async function writeBundle(listen: string, pair?: Certificate): Promise<void> {
  const files = { ...CLINIC, 'sallyport.yaml': `${CLINIC_YAML}${listen === '' ? '' : `listen: ${listen}\n`}` }
  for (const [path, text] of Object.entries(files))
    await write(path, text.replaceAll(/\$\{(?:provider|issuer)\}/g, AWAY))
  if (pair) await install(pair)
}

async function write(path: string, text: string): Promise<void> {
  const full = join(place.cwd, 'bundle', path)
  await mkdir(dirname(full), { recursive: true })
  await writeFile(`${full}.new`, text, { mode: 0o600 })
  await rename(`${full}.new`, full)
}

async function install({ certificate, key }: Certificate): Promise<void> {
  await write('../tls/gate.crt', certificate)
  await write('../tls/gate.key', key)
}

const issue = (notAfter = new Date(Date.now() + 86_400_000 * 60)): Promise<Certificate> =>
  authority.issue({ names: ['127.0.0.1'], notBefore: new Date(Date.now() - 86_400_000), notAfter })

/** The serial number of the certificate that is shown; undefined where nobody answers. */
const shown = (): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: place.port, ca: authority.certificate }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.on('error', () => resolve(undefined))
  })

const healthy = async (url: string, init: object = {}): Promise<boolean> =>
  fetch(`${url}/healthz`, { keepalive: false, ...init }).then(
    ({ status }) => status === 200,
    () => false,
  )

describe('with TLS', () => {
  test('two workers serve, take up a new certificate by themselves, and speak nothing plain', async () => {
    await writeBundle(TLS, await issue())
    const program = place.start(['start'], { SALLYPORT_WORKERS: '2' })
    await program.says(/^Sallyport is ready$/m)
    await program.says(new RegExp(`^  gateway https://127\\.0\\.0\\.1:${place.port}   control http://`, 'm'))
    expect(program.output()).toMatch(
      /^sallyport: the gateway has TLS, with a certificate valid until \d{4}-\d\d-\d\d$/m,
    )
    const url = `https://127.0.0.1:${place.port}`
    await until('it is healthy', () => healthy(url, { tls: { ca: authority.certificate } }))
    expect(await healthy(`http://127.0.0.1:${place.port}`)).toBe(false)
    const first = await shown()
    // A key that does not fit changes nothing.
    const next = await issue()
    await write('../tls/gate.key', next.key)
    await program.says(/(?:not taken, because the key in \S+ does not fit[^]*){2}/)
    expect(await shown()).toBe(first)
    await write('../tls/gate.crt', next.certificate)
    await program.says(/(?:the certificate was replaced; the new one is valid until[^]*){2}/)
    await until('both workers show the new one alone', async () => {
      const seen = await Promise.all(Array.from({ length: 12 }, shown))
      return seen.every((serial) => serial !== undefined && serial !== first)
    })
    program.signalGroup('SIGTERM')
    expect(await program.ended).toBe(0)
    expect(program.output()).not.toContain('PRIVATE KEY')
  }, 40_000)

  test('a certificate that has expired ends the start, in one line', async () => {
    await writeBundle(TLS, await issue(new Date(Date.now() - 3_600_000)))
    const { code, err } = await place.run(['gateway'])
    expect(code).toBe(1)
    expect(linesOf(err)).toEqual([
      expect.stringMatching(
        /^sallyport: the gateway cannot have TLS: the certificate in \S+\/tls\/gate\.crt expired on /,
      ),
    ])
  }, 20_000)
})

describe('in plain HTTP on an address that is reached from elsewhere', () => {
  test.each(['1', '2'])(
    'it is refused at the start in one line that names the three ways out (workers: %s)',
    async (workers) => {
      await writeBundle('')
      const { code, err } = await place.run(['gateway'], { SALLYPORT_HOST: '0.0.0.0', SALLYPORT_WORKERS: workers })
      expect(code).toBe(1)
      expect(linesOf(err)).toEqual([
        'sallyport: the gateway would listen on 0.0.0.0 in plain HTTP, where anyone on the way could read and change what passes; ' +
          'set `listen.tls` in sallyport.yaml, or listen on 127.0.0.1 behind a proxy that has TLS (SALLYPORT_HOST), ' +
          'or say why plain HTTP is meant (`listen.plaintext: "the reason"`)',
      ])
    },
    20_000,
  )

  test('with a reason it serves, says the reason, and the trail has it', async () => {
    await writeBundle('{ plaintext: "the mesh encrypts it" }')
    const program = place.start(['start'], { SALLYPORT_HOST: SOMEWHERE })
    await program.says(/^Sallyport is ready$/m)
    expect(program.output()).toContain(
      'sallyport: the gateway speaks plain HTTP on 127.1, because: the mesh encrypts it\n',
    )
    // The control plane has nothing that anybody elsewhere needs.
    expect(program.output()).toContain(
      'sallyport: the control plane has no TLS yet and listens on 127.0.0.1 alone, not on 127.1\n',
    )
    await program.says(
      new RegExp(`^  gateway http://127\\.1:${place.port}   control http://127\\.0\\.0\\.1:${place.port + 1}$`, 'm'),
    )
    expect(await healthy(`http://127.0.0.1:${place.port}`)).toBe(true)
    expect(await healthy(`http://127.0.0.1:${place.port + 1}`)).toBe(true)
    const { out } = await place.run(['audit', 'show', 'gateway-0', '--kind', 'change', '--json'])
    const changes = linesOf(out).map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(changes.filter(({ what }) => what === 'process')).toEqual([
      expect.objectContaining({
        subject: 'plaintext',
        by: 'operator',
        why: 'the mesh encrypts it',
        after: `127.1 ${place.port}`,
      }),
    ])
    // Another proxy is believed from the reload on, which is said as it is at the start.
    await writeBundle('{ plaintext: "the mesh encrypts it", proxy: { networks: [10.20.0.0/24] } }')
    program.signalGroup('SIGHUP')
    await program.says(
      /^sallyport: callers' addresses are taken from x-forwarded-for where 10\.20\.0\.0\/24 writes it$/m,
    )
    await writeBundle('{ plaintext: "the mesh encrypts it" }')
    program.signalGroup('SIGHUP')
    await program.says(/^sallyport: callers' addresses are those of their connections: no proxy is believed$/m)
    // A bundle that takes the reason back, or switches TLS on, is not taken while it runs.
    await writeBundle('')
    program.signalGroup('SIGHUP')
    await program.says(/would listen on 127\.1 in plain HTTP[^]*the new bundle is faulty and was not taken/)
    await writeBundle(TLS, await issue())
    program.signalGroup('SIGHUP')
    await program.says(/the bundle switches TLS on \(`listen\.tls`\), which takes a restart of the gateway/)
    expect(await healthy(`http://127.0.0.1:${place.port}`)).toBe(true)
    program.signalGroup('SIGTERM')
    expect(await program.ended).toBe(0)
  }, 30_000)
})

/** An issuer that is away is a line of its own, and not the matter here. */
const linesOf = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line !== '' && !line.includes('issuer'))
