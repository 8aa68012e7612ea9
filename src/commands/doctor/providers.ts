// Each provider: may its address be dialled, is it there, does it take the credential, and does it know the models? Asked by
// `GET /models`, which costs nothing and sends no word of anybody's.
import type { ProviderConfig } from '#policy/bundle/config.ts'
import { authorizationOf } from '#upstream/authorization.ts'
import type { Looked } from '#upstream/look.ts'
import { type Around, count, type Finding, notKnown, ok, PATIENCE_MS, warn, wrong } from './finding.ts'
import { type Ask, checkModels, listIn } from './models.ts'
import type { Parts } from './read-parts.ts'
import { type Secret, secretOf, type VaultDoor } from './secret.ts'

export async function checkProviders(
  parts: Parts,
  around: Around,
  vault: VaultDoor | undefined,
): Promise<readonly Finding[]> {
  const each = await Promise.all([...parts.providers.values()].map((at) => checkProvider(at, { parts, around, vault })))
  return each.flat()
}

interface Ground {
  readonly parts: Parts
  readonly around: Around
  readonly vault: VaultDoor | undefined
}

async function checkProvider(at: ProviderConfig, { parts, around, vault }: Ground): Promise<readonly Finding[]> {
  const secret = at.credential ? await secretOf(at.credential, around, vault) : undefined
  const ask = askOf(at, around, secret?.ok ? secret.secret : undefined)
  const seen = await ask('/models')
  const there = reachable(at, seen)
  const broken = brokenCredential(at.name, parts, secret)
  if (!seen.ok) return [there, ...broken, ...unasked(at, parts)]
  const credential = broken.length > 0 ? broken : credentialFinding(at, secret !== undefined, seen.status)
  const listed = seen.status === 200 ? listIn(seen.bytes) : undefined
  return [there, ...credential, ...(await checkModels(at, { parts, listed, ask }))]
}

function askOf(at: ProviderConfig, { look }: Around, secret: string | undefined): Ask {
  return (path) => {
    const url = at.url + path
    const headers = at.kind === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}
    const proof = authorizationOf({ method: 'GET', url, headers, body: undefined }, at, secret)
    return look({ url, to: at, within: PATIENCE_MS, headers: { ...headers, ...proof } })
  }
}

function reachable({ name, url }: ProviderConfig, seen: Looked): Finding {
  const { host, origin } = new URL(url)
  if (!seen.ok)
    return wrong(
      'provider',
      name,
      seen.trouble === 'address' ? seen.said : `${host} ${seen.said}`,
      FIXES[seen.trouble](name),
    )
  const secure = origin.startsWith('https:') ? 'TLS is right; ' : ''
  const said = `${host}: ${secure}answers in ${Math.round(seen.took)} ms`
  if (seen.status >= 500)
    return warn('provider', name, `${said}, with ${seen.status}`, 'Ask its operator, or its status page.')
  if (seen.status >= 300 && seen.status < 400) {
    const to = URL.parse(seen.headers.get('location') ?? '', url)
    return wrong(
      'provider',
      name,
      `redirects${to ? ` to ${to.origin}${to.pathname}` : ''}, and the gate follows no redirect`,
      `Write the address itself in providers.${name}.url.`,
    )
  }
  return ok('provider', name, said)
}

const FIXES: Readonly<Record<Extract<Looked, { readonly ok: false }>['trouble'], (name: string) => string>> = {
  address: (name) =>
    `Write the address of the provider itself, or providers.${name}.private: true if a network of your own is meant.`,
  name: (name) => `Correct providers.${name}.url, or the DNS of this machine.`,
  connection: (name) =>
    `Look whether it runs, whether a firewall lets this machine through, and at providers.${name}.url.`,
  certificate: (name) =>
    `If it has an authority of your own: providers.${name}.ca: file:PATH. If not, somebody stands between.`,
  time: () => 'Look whether a firewall drops what this machine sends.',
  size: (name) => `Look whether providers.${name}.url is that of an API.`,
}

/** One that the bundle refers to and that cannot be had. */
function brokenCredential(name: string, { problems }: Parts, secret: Secret | undefined): readonly Finding[] {
  const faulty = problems.find(({ severity, path }) => severity === 'error' && path === `providers.${name}.credential`)
  if (faulty) return [wrong('credential', name, faulty.message, faulty.fix)]
  if (!secret || secret.ok) return []
  return [(secret.known ? wrong : notKnown)('credential', name, secret.said, secret.fix)]
}

function credentialFinding({ name, identity }: ProviderConfig, given: boolean, status: number): readonly Finding[] {
  // What asks for an identity answers so where there is none, whatever else it is shown.
  if (status === 401 && identity) return [notKnown('credential', name, NO_IDENTITY)]
  if (!given) {
    if (status !== 401) return []
    const fix = `Add providers.${name}.credential: file:PATH`
    return [wrong('credential', name, 'it asks for one (401), and the bundle has none', fix)]
  }
  if (status === 200) return [ok('credential', name, 'accepted')]
  if (status === 401) {
    const fix = 'Put one into its place that the provider shows as active; the gate takes it up by itself.'
    return [wrong('credential', name, 'is not accepted (401)', fix)]
  }
  if (status === 403) {
    return [notKnown('credential', name, 'it may not list models (403), which says nothing of what else it may')]
  }
  return [notKnown('credential', name, `the list of models is answered with ${status}`)]
}

const NO_IDENTITY =
  'it answers 401 without x-sallyport-identity, which it asks for (identity:), and the doctor makes no such token'

/** Models of a provider that could not be asked. */
function unasked({ name }: ProviderConfig, { models }: Parts): readonly Finding[] {
  const of = [...models.values()].filter(({ targets }) => targets.some(({ provider }) => provider === name))
  return of.length === 0 ? [] : [notKnown('models', name, `${count(of.length, 'model')}: it could not be asked`)]
}
