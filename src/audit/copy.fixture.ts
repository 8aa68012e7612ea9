// For tests only: a place for copies in memory, that can be away and can be broken into.
import type { CopyDestination } from './copy-destination.ts'

export interface MemoryDestination extends CopyDestination {
  readonly files: Map<string, Buffer>
  /** What was done, in order: `create gateway-0/key.pub`. */
  readonly calls: string[]
  /** While set, everything fails. */
  away: boolean
  /** Fails once so many more calls were made. */
  left: number
}

export function memoryDestination(): MemoryDestination {
  const files = new Map<string, Buffer>()
  const calls: string[] = []
  const call = (self: MemoryDestination, what: string): void => {
    if (self.away || self.left-- <= 0) throw new Error('the destination is away')
    calls.push(what)
  }
  return {
    files,
    calls,
    away: false,
    left: Infinity,
    async read(path) {
      call(this, `read ${path}`)
      return files.get(path)
    },
    async create(path, bytes) {
      call(this, `create ${path}`)
      if (files.has(path)) return 'taken'
      files.set(path, Buffer.from(bytes))
      return 'created'
    },
    async settle() {
      call(this, 'settle')
    },
    async replace(path, bytes) {
      call(this, `replace ${path}`)
      files.set(path, Buffer.from(bytes))
    },
    async forget(folder) {
      call(this, `forget ${folder}`)
      for (const path of files.keys()) if (path.startsWith(`${folder}/`)) files.delete(path)
    },
  }
}
