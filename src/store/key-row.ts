// A virtual key as its row in `control.db` holds it: one JSON text. Read strictly, since what opens the gate is in there.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { VirtualKey } from '#access/virtual-key.ts'

const text = z.string()
const texts = z.array(z.string())
const time = z.int().nonnegative()

const ROW = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9]{12}$/),
  principal: z.strictObject({ type: z.enum(['App', 'User']), id: z.string().min(1) }),
  owner: text,
  team: text.exactOptional(),
  environment: text,
  use: text,
  models: texts,
  actions: texts,
  networks: texts,
  users: texts,
  created: time,
  notBefore: time,
  expires: time,
  unusedFor: time.exactOptional(),
  rotated: time.exactOptional(),
  revoked: z.strictObject({ at: time, why: text }).exactOptional(),
  secrets: z.array(z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), until: time.exactOptional() })).min(1),
})

export function printKeyRow(key: VirtualKey): string {
  const secrets = key.secrets.map(({ sha256, ...rest }) => ({ sha256: Buffer.from(sha256).toString('hex'), ...rest }))
  const row: z.input<typeof ROW> = { ...key, ...copies(key), secrets }
  return JSON.stringify(ROW.parse(row))
}

const copies = ({ models, actions, networks, users }: VirtualKey) => ({
  models: [...models],
  actions: [...actions],
  networks: [...networks],
  users: [...users],
})

/** Throws for what is no key. */
export function parseKeyRow(row: string): VirtualKey {
  const { secrets, ...key } = ROW.parse(JSON.parse(row))
  return { ...key, secrets: secrets.map(parseSecret) }
}

function parseSecret({ sha256, until }: z.output<typeof ROW>['secrets'][number]): VirtualKey['secrets'][number] {
  const bytes = new Uint8Array(Buffer.from(sha256, 'hex'))
  return until === undefined ? { sha256: bytes } : { sha256: bytes, until }
}

/** Under which a key is found. */
export const digestOf = (id: string): Buffer => createHash('sha256').update(id).digest()
