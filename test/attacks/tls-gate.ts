// A gate that has TLS, with a certificate of an authority made on the spot, beside a rig that brings issuer and provider.
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { openLog } from '#audit/open-log.ts'
import { gateOf, random } from '#commands/gate-of.ts'
import { stateDirectory } from '#commands/state-directory.ts'
import { listen, type Pace } from '#gateway/listen.ts'
import { systemClock } from '#lib/clock.ts'
import { type Certificate, makeAuthority } from '../doubles/certificates.ts'
import { CLINIC, CLINIC_YAML, startRig } from '../rig.ts'

export interface TlsGate {
  readonly port: number
  /** PEM of the authority. */
  readonly ca: string
  /** Lines of the operator's log. */
  readonly log: readonly string[]
  /** A token of alice's. */
  readonly token: string
  issue(): Promise<Certificate>
  /** Replaces both files, the key last. */
  install(pair: Certificate): Promise<void>
  /** Reloads a bundle with this under `listen`, and whatever files go with it. */
  reload(listenText: string, files?: Readonly<Record<string, string>>): Promise<void>
  dial(options?: ConnectionOptions): Promise<TLSSocket>
  stop(): Promise<void>
}

const NAMES = { names: ['127.0.0.1', 'gate.example'], notAfter: new Date(Date.now() + 60 * 86_400_000) }

export async function startTlsGate(pace: Pace): Promise<TlsGate> {
  const rig = await startRig()
  const authority = await makeAuthority()
  const home = await mkdtemp(join(tmpdir(), 'sallyport-tls-gate-'))
  const bundle = join(home, 'bundle')
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(bundle, path)), { recursive: true })
    await writeFile(join(bundle, path), text, { mode: 0o600 })
  }
  const install = async ({ certificate, key }: Certificate): Promise<void> => {
    for (const [path, text] of Object.entries({ '../tls/gate.crt': certificate, '../tls/gate.key': key })) {
      await write(`${path}.new`, text)
      await rename(join(bundle, `${path}.new`), join(bundle, path))
    }
  }
  const writeAll = async (listenText: string, more: Readonly<Record<string, string>> = {}): Promise<void> => {
    const yaml = `${CLINIC_YAML}listen: ${listenText}\n`
    for (const [path, text] of Object.entries({ ...CLINIC, ...more, 'sallyport.yaml': yaml })) {
      await write(path, text.replaceAll('${provider}', rig.provider).replaceAll('${issuer}', rig.issuer.url))
    }
  }
  await writeAll('{ tls: { certificate: "file:../tls/gate.crt", key: "file:../tls/gate.key" } }')
  await install(await authority.issue(NAMES))

  const log: string[] = []
  const state = await stateDirectory(home)
  const trail = await openLog({
    directory: state.audit,
    keys: state.keys,
    log: 'gateway-0',
    clock: systemClock,
    random,
  })
  const io = { err: (line: string) => void log.push(line), color: false, environment: {} }
  const wired = await gateOf({ directory: bundle, state, trail, io })
  if (!wired) throw new Error(log.join('\n'))
  const server = listen({ host: '127.0.0.1', port: 0, shared: false }, wired.gate, pace)
  return {
    port: server.port,
    ca: authority.certificate,
    log,
    token: await rig.issuer.mint('alice'),
    issue: () => authority.issue(NAMES),
    install,
    async reload(listenText, files) {
      await writeAll(listenText, files)
      await wired.inForce.reload()
    },
    dial: (options = {}) =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port: server.port, ca: authority.certificate, ...options }, () =>
          resolve(socket),
        )
        socket.on('error', reject)
      }),
    async stop() {
      await server.stop(0)
      wired.close()
      await trail.close()
      await rig.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}
