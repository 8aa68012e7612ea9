import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Database } from 'bun:sqlite'
import type { Adapter } from 'oidc-provider'
import { Refusal } from '#access/refusal.ts'
import { openOAuthRecords } from './oauth-records.ts'

let now = 1_795_000_000_000
const opened: { close(): void }[] = []
afterAll(() => {
  for (const each of opened) each.close()
})

function fresh() {
  now = 1_795_000_000_000
  const path = join(mkdtempSync(join(tmpdir(), 'oauth-records-')), 'runtime.db')
  const records = openOAuthRecords(path, () => now)
  opened.push(records)
  return { path, records, of: (model: string): Adapter => records.of(model) }
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  return error instanceof Refusal ? error.reason : 'not refused'
}

describe('a record', () => {
  test('is found by its id, as it was written, by no other id and in no other model', async () => {
    const { of } = fresh()
    const payload = { jti: 'code-1', accountId: 'alice', claims: { id_token: { auth_time: null } }, list: [1, 'ü'] }
    await of('AuthorizationCode').upsert('code-1', payload, 60)
    expect(await of('AuthorizationCode').find('code-1')).toEqual({
      jti: 'code-1',
      accountId: 'alice',
      claims: { id_token: { auth_time: null } },
      list: [1, 'ü'],
    })
    expect(await of('AuthorizationCode').find('code-2')).toBeUndefined()
    expect(await of('RefreshToken').find('code-1')).toBeUndefined()
  })

  test('is over after its seconds, and one without them never', async () => {
    const { of } = fresh()
    await of('AuthorizationCode').upsert('code-1', {}, 60)
    await of('Client').upsert('client-1', { client_name: 'x' })
    now += 59_999
    expect(await of('AuthorizationCode').find('code-1')).toEqual({})
    now += 1
    expect(await of('AuthorizationCode').find('code-1')).toBeUndefined()
    expect(await reasonOf(of('AuthorizationCode').consume('code-1'))).toBe('unauthenticated')
    now += 3_153_600_000_000
    expect(await of('Client').find('client-1')).toEqual({ client_name: 'x' })
  })

  test('is written anew as a whole, and is found no longer by what it was called', async () => {
    const { of } = fresh()
    await of('Session').upsert('s', { uid: 'uid-1', a: 1 }, 60)
    await of('Session').upsert('s', { uid: 'uid-2', b: 2 }, 60)
    expect(await of('Session').find('s')).toEqual({ uid: 'uid-2', b: 2 })
    expect(await of('Session').findByUid('uid-1')).toBeUndefined()
    expect(await of('Session').findByUid('uid-2')).toEqual({ uid: 'uid-2', b: 2 })
  })

  test('that got another id is found under it by its uid', async () => {
    const { of } = fresh()
    await of('Session').upsert('old', { uid: 'uid-1', jti: 'old' }, 60)
    await of('Session').destroy('old')
    await of('Session').upsert('new', { uid: 'uid-1', jti: 'new' }, 60)
    expect(await of('Session').findByUid('uid-1')).toEqual({ uid: 'uid-1', jti: 'new' })
  })

  test('of a device is found by its user code, while it lives', async () => {
    const { of } = fresh()
    await of('DeviceCode').upsert('device', { userCode: 'BCDF-GHJK', jti: 'device' }, 600)
    expect(await of('DeviceCode').findByUserCode('BCDF-GHJK')).toEqual({ userCode: 'BCDF-GHJK', jti: 'device' })
    expect(await of('DeviceCode').findByUserCode('BCDF-GHJL')).toBeUndefined()
    expect(await of('DeviceCode').findByUid('BCDF-GHJK')).toBeUndefined()
    now += 600_000
    expect(await of('DeviceCode').findByUserCode('BCDF-GHJK')).toBeUndefined()
  })

  test('is used up once, whoever writes it again', async () => {
    const { of } = fresh()
    await of('RefreshToken').upsert('r', { jti: 'r' }, 60)
    const both = [of('RefreshToken').consume('r'), of('RefreshToken').consume('r')]
    expect((await Promise.all(both.map(reasonOf))).toSorted()).toEqual(['not refused', 'unauthenticated'])
    expect(await of('RefreshToken').find('r')).toEqual({ jti: 'r', consumed: 1_795_000_000 })
    await of('RefreshToken').upsert('r', { jti: 'r' }, 60)
    expect(await of('RefreshToken').find('r')).toEqual({ jti: 'r', consumed: 1_795_000_000 })
    expect(await reasonOf(of('RefreshToken').consume('never'))).toBe('unauthenticated')
  })

  test('goes with its grant, in its model alone', async () => {
    const { of } = fresh()
    for (const model of ['RefreshToken', 'AuthorizationCode'])
      for (const [id, grantId] of [
        ['a', 'g1'],
        ['b', 'g1'],
        ['c', 'g2'],
      ] as const)
        await of(model).upsert(id, { grantId }, 60)
    await of('RefreshToken').revokeByGrantId('g1')
    const left = await Promise.all(['a', 'b', 'c'].map((id) => of('RefreshToken').find(id)))
    expect(left).toEqual([undefined, undefined, { grantId: 'g2' }])
    expect(await of('AuthorizationCode').find('a')).toEqual({ grantId: 'g1' })
  })
})

describe('the file', () => {
  test('gives nobody who reads it a secret, nor says whose it is', async () => {
    const { of, path, records } = fresh()
    const marks = ['secret-code-1', 'secret-uid-1', 'SECR-CODE', 'secret-grant', 'secret-alice', 'secret-cookie']
    await of('Interaction').upsert(
      'secret-code-1',
      {
        jti: 'secret-code-1',
        uid: 'secret-uid-1',
        userCode: 'SECR-CODE',
        grantId: 'secret-grant',
        accountId: 'secret-alice',
        session: { cookie: 'secret-cookie' },
      },
      60,
    )
    expect(await of('Interaction').find('secret-code-1')).toBeDefined()
    const files = readdirSync(dirname(path)).map((name) => readFileSync(join(dirname(path), name)))
    for (const mark of marks) expect(files.some((bytes) => bytes.includes(mark))).toBe(false)
    expect(files.some((bytes) => bytes.includes('Interaction'))).toBe(true)
    records.close()
  })

  test('in which a record was changed, or put under another id, is refused', async () => {
    const { of, path } = fresh()
    await of('RefreshToken').upsert('a', { accountId: 'alice' }, 60)
    await of('RefreshToken').upsert('b', { accountId: 'bob' }, 60)
    const database = new Database(path)
    opened.push(database)
    const { sealed: old } = database.query('SELECT sealed FROM oauth_records ORDER BY rowid').get() as {
      sealed: Uint8Array
    }
    database.run('UPDATE oauth_records SET sealed = ?', [old])
    const found = await Promise.all(['a', 'b'].map((id) => reasonOf(of('RefreshToken').find(id))))
    expect(found).toEqual(['not refused', 'not_ready'])
    old[old.length - 1] = (old.at(-1) ?? 0) ^ 1
    database.run('UPDATE oauth_records SET sealed = ?', [old])
    expect(await reasonOf(of('RefreshToken').find('a'))).toBe('not_ready')
  })

  test('forgets what is over, four for each record that is written', async () => {
    const { of, path } = fresh()
    const database = new Database(path)
    opened.push(database)
    const count = (): unknown => database.query('SELECT count(*) AS n FROM oauth_records').get()
    await of('Client').upsert('client', {})
    for (let n = 0; n < 10; n++) await of('AuthorizationCode').upsert(`code ${n}`, {}, 60)
    now += 60_001
    await of('AuthorizationCode').upsert('another', {}, 60)
    expect(count()).toEqual({ n: 8 })
    for (let n = 0; n < 3; n++) await of('AuthorizationCode').upsert('another', {}, 60)
    expect(count()).toEqual({ n: 2 })
    expect(await of('Client').find('client')).toEqual({})
  })
})
