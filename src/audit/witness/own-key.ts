import { join } from 'node:path'
import { MOST, readRegularFile } from '#audit/verify/regular-file.ts'
import { type Cosigner, makeCosigner, readCosigner } from './cosigner.ts'
import { makeLasting, writeLasting } from './written.ts'

/** The key in the witness's directory, made where there is none yet. MUST be called with the directory's lock held. */
export async function ownKey(home: string, seed: () => Uint8Array, name?: string): Promise<Cosigner> {
  const path = join(home, 'witness.key')
  const written = await readRegularFile(path, MOST.note)
  if (written) {
    const cosigner = readCosigner(written.toString())
    if (!cosigner) throw new Error(`${path} is no key of a witness`)
    if (name !== undefined && cosigner.key.name !== name)
      throw new Error(`the witness in ${home} is named ${cosigner.key.name} already: its name is part of its key`)
    return cosigner
  }
  const cosigner = makeCosigner(seed(), name)
  await makeLasting(home)
  await writeLasting(path, `${cosigner.secretKey}\n`, 0o600)
  await writeLasting(join(home, 'witness.pub'), `${cosigner.verifierKey}\n`)
  return cosigner
}
