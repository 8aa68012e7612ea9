// `listen:`: how the gateway is reached. Absolute paths, so that whoever listens need not know where the bundle lies.
import { readNetwork } from '#lib/network.ts'
import type { ListenConfig, ProxyConfig } from './config.ts'
import { fileOf, type Surroundings } from './credential.ts'
import { booleanOf, fault, type Field, fieldsOf, listOf, textOf, wordOf } from './field.ts'
import { networkOf } from './networks.ts'
import { quote } from './problem.ts'
import { addressOf } from './units.ts'

const NOTHING: ListenConfig = { cors: [] }

export function readListen(field: Field | undefined, around: Surroundings): ListenConfig {
  const fields = field && fieldsOf(field, { known: ['tls', 'proxy', 'plaintext', 'cors'] })
  if (!fields) return NOTHING
  const read = <T>(key: string, reader: (inside: Field) => T | undefined): T | undefined => {
    const inside = fields.get(key)
    return inside && reader(inside)
  }
  const tls = read('tls', (inside) => tlsOf(inside, around))
  const proxy = read('proxy', proxyOf)
  const plaintext = read('plaintext', (inside) => textOf(inside, 'the reason why plain HTTP is meant'))
  const cors = read('cors', (inside) => listOf(inside, 'origins', corsOriginOf))
  const plaintextField = fields.get('plaintext')
  if (plaintextField && fields.has('tls')) {
    fault(plaintextField, 'stands beside `tls`: the gateway would not be plain', 'Remove one of the two.')
  }
  return {
    ...(tls && { tls }),
    ...(proxy && { proxy }),
    ...(plaintext !== undefined && { plaintext }),
    cors: cors ?? [],
  }
}

function tlsOf(field: Field, around: Surroundings): ListenConfig['tls'] {
  const fields = fieldsOf(field, { known: ['certificate', 'key'], required: ['certificate', 'key'] })
  const certificateField = fields?.get('certificate')
  const keyField = fields?.get('key')
  const certificate = certificateField && fileOf(certificateField, around, { secret: false })
  const key = keyField && fileOf(keyField, around, { secret: true })
  return certificate && key ? { certificate: certificate.path, key: key.path } : undefined
}

function proxyOf(field: Field): ProxyConfig | undefined {
  const fields = fieldsOf(field, { known: ['networks', 'address', 'certificate'], required: ['networks'] })
  const networksField = fields?.get('networks')
  const addressField = fields?.get('address')
  const certificateField = fields?.get('certificate')
  const networks = networksField && listOf(networksField, 'networks', proxyNetworkOf)
  const address = addressField ? wordOf(addressField, ['x-forwarded-for', 'forwarded']) : 'x-forwarded-for'
  const certificate = certificateField ? booleanOf(certificateField) : false
  return networks && address && certificate !== undefined ? { networks, address, certificate } : undefined
}

/** Whoever writes `0.0.0.0/0` here lets every caller say who they are. */
function proxyNetworkOf(field: Field): string | undefined {
  const text = networkOf(field)
  const network = text === undefined ? undefined : readNetwork(text)
  if (!network || network.prefix >= (network.bits === 32 ? 8 : 7)) return text
  return fault(
    field,
    `is so wide that callers would be believed, not proxies: ${quote(text ?? '')}`,
    'Name the addresses of the proxies themselves, or the network that only they are in.',
  )
}

function corsOriginOf(field: Field): string | undefined {
  const url = addressOf(field, {
    plain: false,
    plainHint: 'Use https; http is for pages on this machine (127.0.0.1).',
  })
  if (!url || field.node.kind !== 'text') return undefined
  if (url.hostname.includes('*')) {
    return fault(field, 'names many origins: each that may call is listed by itself', 'Write https://app.example.com.')
  }
  if (field.node.text === url.origin) return url.origin
  return fault(field, 'must be an origin, as browsers send it', `Write ${url.origin}.`)
}
