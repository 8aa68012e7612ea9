// A disk in memory that can lose its power: what was not synced is lost then, bytes and names alike. A file's bytes stand
// after a sync of the file, its name after a sync of its directory, and so on up to the root. The page cache survives the
// death of a process, as a real one does. A sync that failed takes what it should have written with it, for good.
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Files } from '#audit/files.ts'

interface FileNode {
  readonly kind: 'file'
  bytes: Buffer
  length: number
  /** What the platter holds. */
  kept: Buffer
  doomed: boolean
}

interface Directory {
  readonly kind: 'directory'
  readonly names: Map<string, Node>
  /** The names that the platter holds, and the changes since. */
  kept: Map<string, Node>
  pending: ((names: Map<string, Node>) => void)[]
}

type Node = FileNode | Directory

export interface DiskOptions {
  /** Between 0 and 1: how long each operation takes, and what of the unsynced the loss happens to spare. */
  readonly chance: () => number
  /** The power goes before this operation, by its number. */
  readonly cut: number
  /** Or before the one that follows this one. */
  readonly cutBehind?: (operation: keyof Files, path: string) => boolean
  /** What the loss spares: nothing that was unsynced, or the beginning of it, for each file and directory on its own. */
  readonly spares: 'nothing' | 'beginnings'
  /** An operation that fails, by its number and name. */
  readonly fails?: (number: number, operation: keyof Files) => boolean
  /** Directories that are there and were never synced. */
  readonly made?: readonly string[]
}

export interface LosingDisk {
  /** As a process sees it, until it is killed: by the test, or by itself after so many operations. */
  boot(most?: number): { readonly files: Files; kill(): void }
  readonly over: boolean
  cutNow(): void
  /** Every text that stood in a file of this name, whoever may have read it. */
  seen(name: string): readonly string[]
  /** Writes what the loss left below a directory of the real disk. */
  restore(directory: string): Promise<void>
}

const makeDirectory = (): Directory => ({ kind: 'directory', names: new Map(), kept: new Map(), pending: [] })
const EIO = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })

export function makeLosingDisk(options: DiskOptions): LosingDisk {
  const { chance, cut, cutBehind, spares, fails = () => false } = options
  const root = makeDirectory()
  const seen = new Map<string, string[]>()
  const open = new Map<number, FileNode>()
  let left: Map<string, Buffer | undefined> | undefined
  let operations = 0
  let last = false

  const find = (path: string): Node | undefined =>
    path
      .split('/')
      .filter(Boolean)
      .reduce<Node | undefined>((at, name) => (at?.kind === 'directory' ? at.names.get(name) : undefined), root)
  const directory = (path: string): Directory => {
    const found = find(path)
    if (found?.kind !== 'directory') throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
    return found
  }
  const file = (descriptor: number): FileNode => {
    const found = open.get(descriptor)
    if (!found) throw new Error('EBADF')
    return found
  }
  const change = (at: Directory, run: (names: Map<string, Node>) => void): void => {
    run(at.names)
    at.pending.push(run)
  }
  const put = (path: string, node: Node): void =>
    change(directory(dirname(path)), (names) => void names.set(basename(path), node))
  const take = (path: string): void => {
    const above = find(dirname(path))
    if (above?.kind === 'directory') change(above, (names) => void names.delete(basename(path)))
  }
  const append = (to: FileNode, bytes: Uint8Array): void => {
    if (to.length + bytes.length > to.bytes.length) {
      const larger = Buffer.alloc(2 * (to.length + bytes.length))
      larger.set(to.bytes.subarray(0, to.length))
      to.bytes = larger
    }
    to.bytes.set(bytes, to.length)
    to.length += bytes.length
  }
  const newFile = (): FileNode => ({
    kind: 'file',
    bytes: Buffer.alloc(0),
    length: 0,
    kept: Buffer.alloc(0),
    doomed: false,
  })
  const makeAll = (path: string): string | undefined => {
    let topmost: string | undefined
    const names = path.split('/').filter(Boolean)
    for (let depth = 1; depth <= names.length; depth++) {
      const at = `/${names.slice(0, depth).join('/')}`
      if (find(at)) continue
      put(at, makeDirectory())
      topmost ??= at
    }
    return topmost
  }

  /** How much of `whole` unsynced things the loss spares. */
  const spared = (whole: number): number => (spares === 'nothing' ? 0 : Math.floor(chance() * (whole + 1)))
  const lose = (): void => {
    const lost = new Map<string, Buffer | undefined>()
    const visit = (node: Node, path: string): void => {
      if (node.kind === 'file') {
        const extra = node.doomed ? 0 : spared(Math.max(0, node.length - node.kept.length))
        lost.set(path, Buffer.concat([node.kept, node.bytes.subarray(node.kept.length, node.kept.length + extra)]))
        return
      }
      lost.set(path, undefined)
      const names = new Map(node.kept)
      for (const run of node.pending.slice(0, spared(node.pending.length))) run(names)
      for (const [name, below] of names) visit(below, `${path}/${name}`)
    }
    visit(root, '')
    left = lost
  }

  const settle = (node: FileNode, length = node.length): void => {
    if (!node.doomed) node.kept = Buffer.from(node.bytes.subarray(0, length))
  }
  const settleNames = (at: Directory, count: number): void => {
    for (const run of at.pending.splice(0, count)) run(at.kept)
  }
  /** Some turns, so that whatever else can happen meanwhile does. */
  const meanwhile = async (): Promise<void> => {
    if (chance() < 0.2) await new Promise((resolve) => setImmediate(resolve))
    for (let turns = Math.floor(chance() * 8); turns > 0; turns--) await Promise.resolve()
  }

  for (const path of options.made ?? []) makeAll(path)

  const boot = (most = Number.POSITIVE_INFINITY): { files: Files; kill(): void } => {
    let killed = false
    let rest = most
    /** Counts an operation that changes something; throws where nobody is left to do it. */
    const begin = (operation: keyof Files, path = ''): void => {
      if (rest-- <= 0) killed = true
      if (killed || left) throw new Error('gone')
      if (operations++ === cut || last) lose()
      last = cutBehind?.(operation, path) ?? false
      if (left) throw new Error('gone')
      if (fails(operations, operation)) throw EIO
    }
    const alive = (): void => {
      if (killed || left) throw new Error('gone')
    }
    const synced = async (node: FileNode, as: keyof Files): Promise<void> => {
      const { length } = node
      await meanwhile()
      try {
        begin(as)
      } catch (error) {
        if (error === EIO) node.doomed = true
        throw error
      }
      settle(node, length)
    }
    const files: Files = {
      create(path) {
        begin('create', path)
        if (find(path)) throw new Error('EEXIST')
        const node = newFile()
        put(path, node)
        open.set(open.size + 10, node)
        return open.size + 9
      },
      write(descriptor, bytes, from) {
        begin('write')
        append(file(descriptor), bytes.subarray(from))
        return bytes.length - from
      },
      truncate(descriptor, length) {
        begin('truncate')
        file(descriptor).length = length
      },
      settle(descriptor) {
        begin('settle')
        settle(file(descriptor))
      },
      settleDirectory(path) {
        begin('settleDirectory', path)
        const at = directory(path)
        settleNames(at, at.pending.length)
      },
      sync: (descriptor) => synced(file(descriptor), 'sync'),
      async syncDirectory(path) {
        const at = directory(path)
        const count = at.pending.length
        await meanwhile()
        begin('syncDirectory', path)
        settleNames(at, count)
      },
      async syncWritten(path) {
        const node = find(path)
        if (node?.kind === 'file') await synced(node, 'syncWritten')
      },
      async close() {
        alive()
      },
      async writeSynced(path, bytes) {
        await meanwhile()
        begin('writeSynced', path)
        const found = find(path)
        const node = found?.kind === 'file' ? found : newFile()
        // All of it is written anew, so a sync has all of it to write.
        Object.assign(node, { length: 0, doomed: false })
        append(node, bytes)
        if (node !== found) put(path, node)
        await synced(node, 'writeSynced')
      },
      async rename(from, to) {
        await meanwhile()
        begin('rename', to)
        const node = find(from)
        if (node?.kind !== 'file') throw new Error('ENOENT')
        // The new name first: no file system that keeps a journal loses both.
        put(to, node)
        take(from)
        const texts = seen.get(basename(to)) ?? []
        seen.set(basename(to), [...texts, node.bytes.subarray(0, node.length).toString()])
      },
      async read(path) {
        alive()
        await meanwhile()
        const node = find(path)
        return node?.kind === 'file' ? Buffer.from(node.bytes.subarray(0, node.length)) : undefined
      },
      async has(path) {
        alive()
        return find(path) !== undefined
      },
      async list(path) {
        alive()
        const node = find(path)
        return node?.kind === 'directory' ? [...node.names.keys()].sort() : []
      },
      async makeDirectory(path) {
        await meanwhile()
        begin('makeDirectory', path)
        return makeAll(path)
      },
      async remove(path) {
        await meanwhile()
        begin('remove', path)
        take(path)
      },
    }
    return { files, kill: () => void (killed = true) }
  }

  return {
    boot,
    get over() {
      return left !== undefined
    },
    cutNow: () => void (left ?? lose()),
    seen: (name) => seen.get(name) ?? [],
    async restore(to) {
      for (const [path, bytes] of left ?? []) {
        if (bytes) await writeFile(join(to, path), bytes, { mode: 0o600 })
        else await mkdir(join(to, path), { recursive: true, mode: 0o700 })
      }
    },
  }
}
