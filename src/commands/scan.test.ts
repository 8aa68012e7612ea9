import { expect, test } from 'bun:test'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MAIN = join(import.meta.dir, '..', 'main.ts')

// Put together here, so that this file is clean to whatever scans it.
const VALUE = ['AKIA', 'QY7XMZ3NVPLR5TKD'].join('')

async function sallyport(args: readonly string[], cwd: string, stdin = ''): Promise<readonly [number, string, string]> {
  const child = Bun.spawn([process.execPath, MAIN, ...args], {
    cwd,
    stdin: Buffer.from(stdin),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return [await child.exited, out, err]
}

test('the command finds what the gate finds, and shows the value in no format', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'scan-'))
  await writeFile(join(cwd, 'app.yaml'), `name: app\naws_access_key_id: ${VALUE}\n`)
  const text = await sallyport(['scan', '.'], cwd)
  expect(text).toEqual([1, 'app.yaml:2:20  aws-access-key\n', '1 finding in 1 file  1 file read\n'])
  const json = await sallyport(['scan', '--json', 'app.yaml'], cwd)
  expect(json.slice(0, 2)).toEqual([
    1,
    '{"path":"app.yaml","line":2,"column":20,"endLine":2,"endColumn":40,"kind":"aws-access-key"}\n',
  ])
  const sarif = await sallyport(['scan', '--sarif', '.'], cwd)
  expect(sarif[0]).toBe(1)
  expect(JSON.parse(sarif[1]).runs[0].results.length).toBe(1)
  for (const printed of [text, json, sarif].flat()) expect(String(printed)).not.toContain(VALUE.slice(4, 10))
})

test('the command reads standard input to its end', async () => {
  const stdin = `${'fine\n'.repeat(100_000)}key: ${VALUE}`
  const [code, out, err] = await sallyport(['scan', '-'], tmpdir(), stdin)
  expect([code, out, err]).toEqual([1, '-:100001:6  aws-access-key\n', '1 finding in 1 file  1 file read\n'])
})

test('a clean directory is 0, and a path that is not there is 2', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'scan-'))
  expect(await sallyport(['scan', '.'], cwd)).toEqual([0, '', 'nothing found  0 files read\n'])
  const gone = await sallyport(['scan', 'gone'], cwd)
  expect(gone[0]).toBe(2)
  expect(gone[2]).toStartWith('sallyport scan: cannot read gone: there is no such file\n')
})
