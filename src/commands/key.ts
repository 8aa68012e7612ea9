// `sallyport key`: the owner's tool for virtual keys. It works on the state directory, also while the gateway runs.
import { type Io, UsageError } from './io.ts'
import { createKey } from './key-create.ts'
import { importKeys } from './key-import.ts'
import { listKeys, showKey } from './key-list.ts'
import { revokeKeys } from './key-revoke.ts'
import { rotateKey } from './key-rotate.ts'

export async function key(args: readonly string[], io: Io): Promise<number> {
  const [verb, ...rest] = args
  switch (verb) {
    case 'create':
      return createKey(rest, io)
    case 'list':
      return listKeys(rest, io)
    case 'show':
      return showKey(rest, io)
    case 'rotate':
      return rotateKey(rest, io)
    case 'revoke':
      return revokeKeys(rest, io)
    case 'import':
      return importKeys(rest, io)
    default:
      throw new UsageError('key takes create, list, show, rotate, revoke or import')
  }
}
