import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stateDirectory } from './state-directory.ts'

const place = await mkdtemp(join(tmpdir(), 'sallyport-state-'))
afterAll(() => rm(place, { recursive: true }))

test('its name, and those of the parents that were made for it, survive the machine', async () => {
  const synced: string[] = []
  const sync = async (path: string): Promise<void> => {
    // What is not there yet when its parent is synced may be lost.
    expect((await stat(join(place, 'a/b/home'))).isDirectory()).toBe(true)
    synced.push(path)
  }
  await stateDirectory(join(place, 'a/b/home'), sync)
  expect(synced).toEqual([join(place, 'a/b'), join(place, 'a'), place])
})

test('a start that was killed before that leaves it to the next', async () => {
  const synced: string[] = []
  const sync = async (path: string): Promise<void> => void synced.push(path)
  const home = join(place, 'killed')
  await stateDirectory(home, () => Promise.reject(new Error('killed'))).catch(() => undefined)
  await stateDirectory(home, sync)
  expect(synced).toEqual([place])
})

test('a parent that nobody may read is no reason not to start', async () => {
  const denied = (): Promise<void> => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }))
  expect(await stateDirectory(join(place, 'denied'), denied)).toMatchObject({ home: join(place, 'denied') })
  const failing = (): Promise<void> => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))
  expect(stateDirectory(join(place, 'failing'), failing)).rejects.toThrow(/cannot be made \(EIO\)/)
})
