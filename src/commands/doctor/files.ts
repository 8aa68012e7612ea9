// Who else on this machine could read the gate's secrets, or change what it does. Looks at modes and owners, opens nothing.
import type { Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { count, type Finding, notKnown, ok, warn, wrong } from './finding.ts'
import type { Parts } from './read-parts.ts'

const OTHERS_MAY_ANYTHING = 0o077
const OTHERS_MAY_WRITE = 0o022

export async function checkFiles(home: string, bundle: string, parts: Parts | undefined): Promise<readonly Finding[]> {
  const found = await Promise.all([checkState(home), checkSecrets(parts), checkKeySets(parts), checkBundle(bundle)])
  return found.flat()
}

/** Public, so anybody may read them; whoever may change one could be its application. */
async function checkKeySets(parts: Parts | undefined): Promise<readonly Finding[]> {
  const applications = [...(parts?.applications.values() ?? [])]
  const found = await Promise.all(
    applications.map(async ({ name, keys }) => ({ name, open: await openTo(keys ? [keys] : [], OTHERS_MAY_WRITE) })),
  )
  return found.flatMap(({ name, open }) =>
    open.map(({ path, mode }) =>
      wrong(
        'files',
        path,
        `others may change it (mode ${mode}): they could be application ${name}`,
        `Run: chmod go-w ${path}`,
      ),
    ),
  )
}

async function checkState(home: string): Promise<readonly Finding[]> {
  const found = await look(home)
  if (!found) return [notKnown('files', home, 'the state directory does not exist yet: the first start makes it')]
  const keys = (await names(join(home, 'keys'))).map((name) => join(home, 'keys', name))
  const databases = (await names(home))
    .filter((name) => /\.db(?:-wal|-shm)?$/.test(name))
    .map((name) => join(home, name))
  const open = await openTo([...keys, ...databases], OTHERS_MAY_ANYTHING)
  const directory = isOpen(found, OTHERS_MAY_ANYTHING)
    ? wrong('files', home, `the state directory is open to others (mode ${modeOf(found)})`, `Run: chmod 700 ${home}`)
    : ok('files', home, `the state directory is closed to others; ${count(keys.length, 'key file')}`)
  return [
    directory,
    ...open.map(({ path, mode }) =>
      wrong('files', path, `others may open it (mode ${mode})`, `Run: chmod 600 ${path}`),
    ),
  ]
}

/** A warning, as in `sallyport check`: a container may mount secrets so, and have nobody else in it. */
async function checkSecrets(parts: Parts | undefined): Promise<readonly Finding[]> {
  if (!parts) return []
  const paths = new Set([
    ...[...parts.providers.values()].flatMap(({ credential }) =>
      credential?.from === 'file' ? [credential.path] : [],
    ),
    ...(parts.listen.tls ? [parts.listen.tls.key] : []),
    ...(parts.vault ? [parts.vault.auth.path] : []),
    ...[...parts.issuers.values()].flatMap(({ login }) => (login?.secret?.from === 'file' ? [login.secret.path] : [])),
  ])
  const open = await openTo([...paths], OTHERS_MAY_ANYTHING)
  if (open.length === 0)
    return paths.size === 0 ? [] : [ok('files', 'secrets', `${count(paths.size, 'file')}, closed to others`)]
  return open.map(({ path, mode }) =>
    warn('files', path, `others on this machine may open it (mode ${mode})`, `Run: chmod 600 ${path}`),
  )
}

async function checkBundle(bundle: string): Promise<readonly Finding[]> {
  const folders = [bundle, join(bundle, 'policies'), join(bundle, 'cases')]
  const files = await Promise.all(
    folders.map(async (folder) => (await names(folder)).map((name) => join(folder, name))),
  )
  const paths = [...new Set([...folders, ...files.flat()])]
  const found = (await Promise.all(paths.map(look))).filter((each) => each !== undefined)
  if (found.length === 0) return []
  const open = await openTo(paths, OTHERS_MAY_WRITE)
  const strange = strangersAmong(found)
  if (open.length === 0 && strange === undefined) return [ok('files', bundle, 'nobody else may change the bundle')]
  return [
    ...open.map(({ path, mode }) =>
      wrong(
        'files',
        path,
        `others may change it (mode ${mode}): they decide who may do what`,
        `Run: chmod go-w ${path}`,
      ),
    ),
    ...(strange === undefined
      ? []
      : [
          warn(
            'files',
            bundle,
            `belongs to user ${strange}, who may change what this gate does`,
            'Give it to the user that runs the gateway, or to root.',
          ),
        ]),
  ]
}

/** Root looks after other users' files: to it, everybody would be a stranger. */
function strangersAmong(found: readonly Stats[]): number | undefined {
  const self = process.getuid?.()
  if (self === undefined || self === 0) return undefined
  return found.find(({ uid }) => uid !== 0 && uid !== self)?.uid
}

interface Open {
  readonly path: string
  readonly mode: string
}

async function openTo(paths: readonly string[], mask: number): Promise<readonly Open[]> {
  const looked = await Promise.all(paths.map(async (path) => ({ path, found: await look(path) })))
  return looked.flatMap(({ path, found }) => (found && isOpen(found, mask) ? [{ path, mode: modeOf(found) }] : []))
}

const isOpen = ({ mode }: Stats, mask: number): boolean => (mode & mask) !== 0

const modeOf = ({ mode }: Stats): string => `0${(mode & 0o777).toString(8)}`

const look = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined)

const names = (folder: string): Promise<readonly string[]> =>
  readdir(folder).then(
    (found) => found.sort(),
    () => [],
  )
