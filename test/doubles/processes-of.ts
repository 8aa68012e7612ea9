// Several processes that do the same at the same time, over what they share on the disk.
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '../..')

/**
 * `source` is the body of a module: it calls `await start()` when it is up, which resolves once all are, and `say(number)` at its end.
 * `me` is its place among them. Rejects where one of them fails.
 */
export async function processesOf(many: number, source: string): Promise<readonly number[]> {
  const workers = Array.from({ length: many }, (_, me) =>
    Bun.spawn([process.execPath, '-e', `${PROLOGUE(me)}${source}`], {
      cwd: ROOT,
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
    }),
  )
  const readers = workers.map(({ stdout }) => stdout.getReader())
  for (const [place, reader] of readers.entries())
    if ((await reader.read()).done) throw new Error(await new Response(workers[place]?.stderr).text())
  for (const { stdin } of workers) void stdin.end()
  return Promise.all(
    readers.map(async (reader, place) => {
      const { value, done } = await reader.read()
      if (done) throw new Error(await new Response(workers[place]?.stderr).text())
      return Number(new TextDecoder().decode(value))
    }),
  )
}

const PROLOGUE = (me: number): string => `
  const me = ${me}
  const start = async () => { process.stdout.write('up'); await Bun.stdin.text() }
  const say = (count) => process.stdout.write(String(count))
`
