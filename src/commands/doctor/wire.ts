// How callers reach the gateway: TLS of its own, plain HTTP, or a proxy before it; and whether `public:` says the same.
import type { Settings } from '#commands/io.ts'
import { isLoopbackHost } from '#gateway/listen-plaintext.ts'
import { checkCertificate } from './certificate.ts'
import { type Finding, ok, warn, wrong } from './finding.ts'
import type { Parts } from './read-parts.ts'

export async function checkWire(
  parts: Parts,
  { host, port }: Pick<Settings, 'host' | 'port'>,
  now: number,
): Promise<readonly Finding[]> {
  const { tls } = parts.listen
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const door = tls ? await checkCertificate(tls, parts.public, now) : [plainly(parts, { host, address })]
  return [...door, ...outside(parts), ...proxy(parts)]
}

function plainly({ listen }: Parts, { host, address }: { readonly host: string; readonly address: string }): Finding {
  if (isLoopbackHost(host)) return ok('wire', address, 'plain HTTP, on this machine only')
  if (listen.plaintext !== undefined)
    return ok('wire', address, `plain HTTP on the network, as meant: ${listen.plaintext}`)
  return wrong(
    'wire',
    address,
    'would be plain HTTP on the network: tokens could be read on the way, so the gateway does not start',
    'Add listen.tls: { certificate: file:PATH, key: file:PATH }, or say why plain HTTP is meant in listen.plaintext, or set SALLYPORT_HOST=127.0.0.1.',
  )
}

/** What links and audiences say against what is there. */
function outside({ public: origin, listen }: Parts): readonly Finding[] {
  if (!origin) return []
  const { host, protocol } = origin
  if (protocol === 'http:' && listen.tls) {
    return [warn('public', host, 'public: says http, but TLS is what is spoken here', `Write public: https://${host}`)]
  }
  if (protocol === 'https:' && !listen.tls && !listen.proxy) {
    return [
      warn(
        'public',
        host,
        'public: says https, but nothing here speaks TLS, and no proxy is named that would',
        'Add listen.tls, or listen.proxy: { networks: [ADDRESS] } with the proxy that ends TLS.',
      ),
    ]
  }
  return [ok('public', host, protocol === 'https:' ? `https, ${listen.tls ? 'spoken here' : 'by the proxy'}` : 'http')]
}

function proxy({ listen }: Parts): readonly Finding[] {
  if (!listen.proxy) return []
  const { networks, address, certificate } = listen.proxy
  const believed = [address, ...(certificate ? ['client-cert'] : [])].join(' and ')
  return [ok('proxy', networks.join(', '), `believed where it writes ${believed}; nobody else is`)]
}
