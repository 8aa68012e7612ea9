import { beforeEach, expect, test } from 'bun:test'
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkFiles } from './files.ts'
import { fixes, partsOf, told } from './pages.fixture.ts'

let root: string
let home: string
let bundle: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-doctor-'))
  home = join(root, 'home')
  bundle = join(root, 'bundle')
  await mkdir(join(home, 'keys'), { recursive: true, mode: 0o700 })
  await writeFile(join(home, 'keys', 'pseudonym.key'), 'k', { mode: 0o600 })
  await writeFile(join(home, 'control.db'), 'd', { mode: 0o600 })
  await chmod(home, 0o700)
  await mkdir(join(bundle, 'policies'), { recursive: true })
  await writeFile(join(bundle, 'policies', 'models.cedar'), '', { mode: 0o644 })
  for (const folder of [bundle, join(bundle, 'policies')]) await chmod(folder, 0o755)
})

const withKey = async (mode: number) => {
  await writeFile(join(root, 'provider-key'), 's', { mode })
  return partsOf(['env:KEY', `file:${join(root, 'provider-key')}`])
}

test('what is closed to others is right', async () => {
  expect(told(await checkFiles(home, bundle, await withKey(0o600)))).toEqual([
    `ok files ${home}: the state directory is closed to others; 1 key file`,
    'ok files secrets: 1 file, closed to others',
    `ok files ${bundle}: nobody else may change the bundle`,
  ])
})

test('a state directory, a key or a database that others may open is wrong', async () => {
  await chmod(home, 0o750)
  await chmod(join(home, 'keys', 'pseudonym.key'), 0o640)
  await chmod(join(home, 'control.db'), 0o604)
  const found = await checkFiles(home, bundle, undefined)
  expect(told(found).slice(0, 3)).toEqual([
    `wrong files ${home}: the state directory is open to others (mode 0750)`,
    `wrong files ${home}/keys/pseudonym.key: others may open it (mode 0640)`,
    `wrong files ${home}/control.db: others may open it (mode 0604)`,
  ])
  expect(fixes(found).slice(0, 3)).toEqual([
    `Run: chmod 700 ${home}`,
    `Run: chmod 600 ${home}/keys/pseudonym.key`,
    `Run: chmod 600 ${home}/control.db`,
  ])
})

test('a credential that others may open is a warning', async () => {
  expect(told(await checkFiles(home, bundle, await withKey(0o644)))[1]).toBe(
    `warn files ${root}/provider-key: others on this machine may open it (mode 0644)`,
  )
})

test('a bundle that others may change is wrong, file by file and folder by folder', async () => {
  await chmod(join(bundle, 'policies', 'models.cedar'), 0o664)
  await chmod(bundle, 0o757)
  expect(told(await checkFiles(home, bundle, undefined)).slice(1)).toEqual([
    `wrong files ${bundle}: others may change it (mode 0757): they decide who may do what`,
    `wrong files ${bundle}/policies/models.cedar: others may change it (mode 0664): they decide who may do what`,
  ])
})

test('a state directory that is not there yet is no fault', async () => {
  const none = join(root, 'none')
  expect(told(await checkFiles(none, join(root, 'nobundle'), undefined))).toEqual([
    `not-known files ${none}: the state directory does not exist yet: the first start makes it`,
  ])
})

const PUBLIC = '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'

test('public keys of an application that others may change are wrong, those that they may read are not', async () => {
  const keys = join(root, 'letters.json')
  await writeFile(keys, PUBLIC, { mode: 0o644 })
  const application = `letters: { environment: e, use: u, keys: ${keys}, models: [small] }`
  const examine = async () =>
    checkFiles(home, bundle, await partsOf(['models:', `applications: { ${application} }\nmodels:`]))
  const about = async () => told(await examine()).filter((line) => line.includes('letters'))
  expect(await about()).toEqual([])
  await chmod(keys, 0o664)
  expect(await about()).toEqual([
    `wrong files ${keys}: others may change it (mode 0664): they could be application letters`,
  ])
})

test('the secret of a login is closed to others, too', async () => {
  const secret = join(root, 'login-secret')
  await writeFile(secret, 's', { mode: 0o640 })
  await chmod(secret, 0o640)
  const login = `groups: groups, login: { client: gate, secret: file:${secret} }`
  expect(told(await checkFiles(home, bundle, await partsOf(['groups: groups', login])))).toContain(
    `warn files ${secret}: others on this machine may open it (mode 0640)`,
  )
})
