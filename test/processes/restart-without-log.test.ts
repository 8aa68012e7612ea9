// A process that dies while its log cannot be written stays away until it can: nothing passes unrecorded, the product goes on, and
// service comes back by itself.
import { expect, test } from 'bun:test'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ownWorld } from './own-world.ts'
import { type Program, sandbox, until } from './sandbox.ts'

const status = (url: string): Promise<number> =>
  fetch(url).then(
    (response) => response.status,
    () => 0,
  )

async function pidOf(program: Program, command: string): Promise<number> {
  const found = [...(await program.members())].find(([, line]) => line.includes(`src/main.ts ${command}`))
  if (!found) throw new Error(`no ${command} runs`)
  return found[0]
}

const cannot = (program: Program): number => program.output().match(/audit log \S+ cannot be opened/g)?.length ?? 0

test('killed while its log cannot be opened, each process is tried until it can, and then serves again', async () => {
  const place = await sandbox()
  const world = await ownWorld(place.cwd)
  try {
    const program = place.start(['start', '--bundle', world.bundle], { SALLYPORT_WORKERS: '1' })
    await program.says(/Sallyport is ready/)
    const [gateway, control] = [place.port, place.port + 1].map((port) => `http://127.0.0.1:${port}`)
    // A file where a directory is to be: even the superuser cannot write into it.
    const journals = ['gateway-0', 'control'].map((log) => join(place.home, 'audit', log, 'journal'))
    for (const journal of journals) {
      await rename(journal, `${journal}.away`)
      await writeFile(journal, '')
    }
    for (const command of ['gateway', 'control']) process.kill(await pidOf(program, command), 'SIGKILL')
    // More often than a process that merely crashes would be.
    for (const times of [4, 8, 12]) await until(`they were tried ${times} times`, async () => cannot(program) >= times)
    expect([await status(`${gateway}/readyz`), await status(`${control}/healthz`)]).toEqual([0, 0])
    for (const name of ['gateway', 'control'])
      expect(program.output().match(new RegExp(`${name} cannot write its log; it is started again`, 'g'))?.length).toBe(
        1,
      )
    for (const journal of journals) {
      await rm(journal)
      await rename(`${journal}.away`, journal)
    }
    await until('the gateway serves', async () => (await status(`${gateway}/readyz`)) === 200)
    await until('control serves', async () => (await status(`${control}/healthz`)) === 200)
    process.kill(program.pid, 'SIGTERM')
    expect(await program.ended).toBe(0)
    expect((await place.run(['audit', 'verify', '--all'])).code).toBe(0)
  } finally {
    await place.remove()
    await world.stop()
  }
}, 90_000)

test('at the first start it is an ordinary no', async () => {
  const place = await sandbox()
  const world = await ownWorld(place.cwd)
  try {
    const first = place.start(['gateway', '--bundle', world.bundle])
    await until('it serves', async () => (await status(`http://127.0.0.1:${place.port}/readyz`)) === 200)
    process.kill(first.pid, 'SIGTERM')
    expect(await first.ended).toBe(0)
    const journal = join(place.home, 'audit/gateway-0/journal')
    await rm(journal, { recursive: true })
    await writeFile(journal, '')
    for (const command of ['gateway', 'start']) {
      const { code, err } = await place.run([command, '--bundle', world.bundle])
      expect({ command, code }).toEqual({ command, code: 1 })
      expect(err).toMatch(/audit log gateway-0 cannot be opened/)
    }
  } finally {
    await place.remove()
    await world.stop()
  }
}, 60_000)
