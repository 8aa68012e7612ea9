import { expect, test } from 'bun:test'
import { mkdir, mkdtemp, open, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { UsageError } from './io.ts'
import { fakeInspector } from './scan.fixture.ts'
import { scanPaths } from './scan-paths.ts'

interface Ran {
  readonly code: number
  readonly out: readonly string[]
  readonly err: readonly string[]
}

interface World {
  readonly cwd?: string
  readonly color?: boolean
  readonly stdin?: readonly (string | Uint8Array)[]
}

async function run(args: readonly string[], { cwd = '/', color = false, stdin = [] }: World = {}): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line), color, cwd }
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (const piece of stdin) yield typeof piece === 'string' ? Buffer.from(piece) : piece
  }
  return { code: await scanPaths(args, io, { inspector: fakeInspector, stdin: pieces }), out, err }
}

async function folder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'scan-'))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
  return root
}

const KEY = 'key_abcdefgh'

test('findings stand in columns, in the order of the paths, without what was found', async () => {
  const cwd = await folder({
    'b.txt': `fine\n  ${KEY}\n`,
    'a/long-name.yaml': `${'\n'.repeat(11)}x: ${KEY} ${KEY}`,
    'c.txt': '',
  })
  expect(await run(['.'], { cwd })).toEqual({
    code: 1,
    out: ['a/long-name.yaml:12:4   fake-key', 'a/long-name.yaml:12:17  fake-key', 'b.txt:2:3               fake-key'],
    err: ['3 findings in 2 files  3 files read'],
  })
})

test('where nothing is found, standard output is empty and the exit is 0', async () => {
  const cwd = await folder({ 'a.txt': 'fine', 'b.txt': `${KEY} # sallyport:allow` })
  expect(await run(['a.txt'], { cwd })).toEqual({ code: 0, out: [], err: ['nothing found  1 file read'] })
  expect(await run(['.'], { cwd })).toEqual({ code: 0, out: [], err: ['nothing found  2 files read  1 allowed'] })
})

test('paths are shown as they were named', async () => {
  const cwd = await folder({ 'a/x.txt': KEY })
  expect((await run(['a/x.txt'], { cwd })).out).toEqual(['a/x.txt:1:1  fake-key'])
  expect((await run(['./a'], { cwd })).out).toEqual(['a/x.txt:1:1  fake-key'])
  expect((await run(['../x.txt'], { cwd: join(cwd, 'a', 'b') })).out).toEqual(['../x.txt:1:1  fake-key'])
  expect((await run([join(cwd, 'a')])).out).toEqual([`${cwd}/a/x.txt:1:1  fake-key`])
})

test('what is skipped is counted by its reason', async () => {
  const cwd = await folder({
    '.git/config': KEY,
    'node_modules/a/index.js': KEY,
    'sub/node_modules/b.js': KEY,
    'image.png': Uint8Array.from([0x89, 0x50, 0, 0x6b, ...Buffer.from(KEY)]),
    '.env': KEY,
  })
  const large = await open(join(cwd, 'large.txt'), 'w')
  await large.truncate(16 * 1024 * 1024 + 1)
  await large.close()
  await symlink(join(cwd, '.git'), join(cwd, 'outside'))
  await symlink('.', join(cwd, 'loop'))
  expect(await run(['.'], { cwd })).toEqual({
    code: 1,
    out: ['.env:1:1  fake-key'],
    err: ['1 finding in 1 file  1 file read  skipped: 1 .git, 1 binary, 2 linked, 2 node_modules, 1 over 16 MiB'],
  })
})

test('a path that was named is read, whatever it is called, and through a link', async () => {
  const cwd = await folder({ 'node_modules/a.js': KEY, 'real/b.js': KEY })
  await symlink('real', join(cwd, 'link'))
  expect((await run(['node_modules', 'link'], { cwd })).out).toEqual([
    'node_modules/a.js:1:1  fake-key',
    'link/b.js:1:1          fake-key',
  ])
})

test('a file of 16 MiB is read to its end', async () => {
  const cwd = await folder({ 'a.txt': `${' '.repeat(16 * 1024 * 1024 - 12)}${KEY}` })
  expect(await run(['.'], { cwd })).toEqual({
    code: 1,
    out: ['a.txt:1:16777205  fake-key'],
    err: ['1 finding in 1 file  1 file read'],
  })
})

test('what two paths share is read once', async () => {
  const cwd = await folder({ 'a/x.txt': KEY })
  expect((await run(['a', '.', 'a/x.txt', './a/x.txt'], { cwd })).out).toEqual(['a/x.txt:1:1  fake-key'])
})

test('a path that cannot be read is named, the rest is read, and the exit is 2', async () => {
  const cwd = await folder({ 'a.txt': KEY, 'z.txt': KEY })
  await symlink('itself', join(cwd, 'itself'))
  expect(await run(['a.txt', 'gone.txt', '/dev/null', 'itself', 'z.txt'], { cwd })).toEqual({
    code: 2,
    out: ['a.txt:1:1  fake-key', 'z.txt:1:1  fake-key'],
    err: [
      'sallyport scan: cannot read gone.txt: there is no such file',
      'sallyport scan: cannot read /dev/null: it is neither a file nor a directory',
      'sallyport scan: cannot read itself: ELOOP',
      '2 findings in 2 files  2 files read  3 unreadable',
    ],
  })
})

test('a file and a directory whose names are no text are named, and are no silent gap', async () => {
  const cwd = await folder({ 'a.txt': KEY })
  const odd = (name: string): Buffer => Buffer.concat([Buffer.from(join(cwd, name)), Uint8Array.of(0xff)])
  await writeFile(odd('b'), KEY)
  await mkdir(odd('c'))
  expect(await run(['.'], { cwd })).toEqual({
    code: 2,
    out: ['a.txt:1:1  fake-key'],
    err: [
      'sallyport scan: cannot read b\u{FFFD}: there is no such file',
      'sallyport scan: cannot read c\u{FFFD}: there is no such file',
      '1 finding in 1 file  1 file read  2 unreadable',
    ],
  })
})

test.each([['--stdin'], ['-']])('%s reads standard input, cut anywhere', async (option) => {
  const stdin = `one\n  ${KEY}\n`.split('')
  expect(await run([option], { stdin })).toEqual({
    code: 1,
    out: ['-:2:3  fake-key'],
    err: ['1 finding in 1 file  1 file read'],
  })
  expect((await run(['--stdin', '-'], { stdin })).out).toEqual(['-:2:3  fake-key'])
})

test('standard input that is binary is an error: nobody looked at it', async () => {
  const binary = {
    code: 2,
    out: [],
    err: ['sallyport scan: cannot read -: it is binary', 'nothing found  0 files read  1 unreadable'],
  }
  expect(await run(['-'], { stdin: ['a', Uint8Array.of(0), KEY] })).toEqual(binary)
  expect(await run(['-'], { stdin: [Uint8Array.of(0), 'x'.repeat(9000)] })).toEqual(binary)
})

test('a character that is cut by the pieces, bytes that are none, and a byte order mark do not move a column', async () => {
  const text = Buffer.from(`\u{FEFF}é🙂${KEY}`)
  const pieces = Array.from(text, (byte) => Uint8Array.of(byte))
  expect((await run(['-'], { stdin: pieces })).out).toEqual(['-:1:4  fake-key'])
  const cut = [Buffer.concat([Buffer.from('x'.repeat(7999)), Uint8Array.of(0xc3)]), Uint8Array.of(0xa9), KEY]
  expect((await run(['-'], { stdin: cut })).out).toEqual(['-:1:8001  fake-key'])
  expect((await run(['-'], { stdin: [Uint8Array.of(0xff, 0x80), KEY] })).out).toEqual(['-:1:3  fake-key'])
})

test('UTF-16 with a byte order mark is read, in either order', async () => {
  const little = Buffer.from(`\u{FEFF}a\n ${KEY}`, 'utf16le')
  const cwd = await folder({ 'big.txt': Buffer.from(little).swap16(), 'little.txt': little })
  expect((await run(['.'], { cwd })).out).toEqual(['big.txt:2:2     fake-key', 'little.txt:2:2  fake-key'])
})

test('--json prints each finding on a line, and nothing else', async () => {
  const cwd = await folder({ 'a.txt': `\n ${KEY}`, 'b\u0007\u202Ed.txt': '<<<\n>>>' })
  const { code, out, err } = await run(['--json', '.'], { cwd })
  expect(code).toBe(1)
  expect(out).toEqual([
    '{"path":"a.txt","line":2,"column":2,"endLine":2,"endColumn":14,"kind":"fake-key"}',
    String.raw`{"path":"b\u0007\u202ed.txt","line":1,"column":1,"endLine":2,"endColumn":4,"kind":"fake-block"}`,
  ])
  expect(err).toEqual(['2 findings in 2 files  2 files read'])
})

test('colour only marks the kind', async () => {
  const cwd = await folder({ 'a.txt': KEY })
  expect((await run(['.'], { cwd, color: true })).out).toEqual(['a.txt:1:1  \u001B[31mfake-key\u001B[0m'])
})

test('the name of a file cannot steer the terminal, nor take a line of its own', async () => {
  const cwd = await folder({ 'a\u001B[2J\nb.txt': KEY })
  expect(await run(['.', 'no\u001B[2J'], { cwd })).toEqual({
    code: 2,
    out: ['a\u{FFFD}[2J b.txt:1:1  fake-key'],
    err: [
      'sallyport scan: cannot read no\u{FFFD}[2J: there is no such file',
      '1 finding in 1 file  1 file read  1 unreadable',
    ],
  })
})

test.each([
  [[], 'scan takes at least one PATH, or - for standard input'],
  [['--json', '--sarif', '.'], 'scan prints --json or --sarif, not both'],
  [['--jsn', '.'], "unknown option '--jsn'"],
])('%j is wrong use', async (args, message) => {
  const error = await run(args).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(UsageError)
  expect((error as UsageError).message).toBe(message)
})

test('a path that looks like an option stands behind --', async () => {
  const cwd = await folder({ '--json': KEY })
  expect((await run(['--', '--json'], { cwd })).out).toEqual(['--json:1:1  fake-key'])
})
