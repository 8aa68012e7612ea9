// `control.db`: what the owner, and later the control plane's operators, decide. The data plane only reads it.
import type { StoreKind } from './open-store.ts'

// Found by a digest of the id: how long a look-up takes says nothing about which ids there are.
const KEYS = `
  CREATE TABLE keys (
    digest BLOB PRIMARY KEY,
    person TEXT,
    key TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`

const PERSONS = 'CREATE INDEX keys_of_persons ON keys (person) WHERE person IS NOT NULL'

/** Once there is one, keys are changed in the control plane alone. */
const OPERATORS = `
  CREATE TABLE operators (
    id TEXT PRIMARY KEY
  ) STRICT, WITHOUT ROWID`

export const CONTROL: StoreKind = {
  name: 'The control store',
  migrations: [[KEYS, PERSONS, OPERATORS]],
  // A revocation that was told must not come undone with the machine.
  synchronous: 'FULL',
}

/** As refusals name it. */
export const CONTROL_STORE = 'The control store (which keeps the virtual keys)'
