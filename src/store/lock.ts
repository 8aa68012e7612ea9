// A lock that the kernel gives back when its holder dies, kill -9 included: SQLite's own lock on a small file.
import { Database } from 'bun:sqlite'

export interface Lock {
  release(): void
}

// A database that nobody refers to is closed by the garbage collector, and its lock with it.
const held = new Set<Database>()

/** Undefined when somebody else holds it. `path` is made where it is missing, mode 0600. */
export function takeLock(path: string): Lock | undefined {
  let database: Database | undefined
  try {
    database = new Database(path, { create: true, readwrite: true })
    database.run('PRAGMA locking_mode = EXCLUSIVE')
    // The write is what takes the lock; exclusive mode keeps it until the file is closed.
    database.run('CREATE TABLE IF NOT EXISTS held (since TEXT)')
    database.run('BEGIN EXCLUSIVE')
    database.run('DELETE FROM held')
    database.run("INSERT INTO held VALUES (datetime('now'))")
    database.run('COMMIT')
  } catch (error) {
    database?.close()
    const why = error instanceof Error ? error.message : String(error)
    if (/locked|busy/i.test(why)) return undefined
    throw new Error(`the lock ${path} cannot be taken: ${why}`, { cause: error })
  }
  const taken = database
  held.add(taken)
  return {
    release() {
      held.delete(taken)
      taken.close()
    },
  }
}
