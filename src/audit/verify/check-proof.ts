// Checks a proof file from its bytes and the keys of logs, which come from somewhere else: the file holds none, since whoever could
// forge it could put a key of their own there. All of it holds, or nothing is proven.
import { cosignedAt, type WitnessKey } from './cosignature.ts'
import { EntryForm, fieldsOf } from './entry-form.ts'
import { rootFromPath } from './inclusion.ts'
import { hashLeaf } from './merkle.ts'
import { type EntryProof, readProofs } from './proof-text.ts'
import { Findings } from './report.ts'
import { checkSignatures, readVerifierKey, type VerifierKey } from './signed-note.ts'

export interface ProvenEntry {
  readonly log: string
  readonly index: number
  /** Its members, as they are signed. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly size: number
  /** Hex. */
  readonly root: string
  /** The name of the key that signed, which holds the first digits of its hash. */
  readonly signer: string
  /** Names beside the signature of the log. Nothing of them was checked. */
  readonly others: readonly string[]
}

export interface ProofReport {
  /** Every entry is proven, by keys that were given. */
  readonly ok: boolean
  readonly problems: readonly string[]
  /** Logs that it needs the keys of, and that were not given: then nothing is proven, though nothing may be wrong. */
  readonly unkeyed: readonly string[]
  /** Empty unless all of it holds. */
  readonly entries: readonly ProvenEntry[]
  /** The exchange that all of them name; empty unless all of it holds. */
  readonly exchange: string
  /** What the witnesses say whose keys were given; empty unless all of it holds. */
  readonly witnessed: readonly Cosigned[]
}

export interface Cosigned {
  readonly log: string
  /** The witness's key name. */
  readonly by: string
  /** RFC 3339. */
  readonly time: string
}

/** `keys`: the verifier key of each log, in note form, by the name of the log. Every witness given must have cosigned every log. */
export function checkProof(
  file: Buffer,
  keys: ReadonlyMap<string, string>,
  witnesses: readonly WitnessKey[] = [],
): ProofReport {
  try {
    return checkAll(file, keys, witnesses)
  } catch (error) {
    // A file that is too much for this code proves nothing.
    return failure([`the file cannot be checked: ${error instanceof Error ? error.message : String(error)}`])
  }
}

function checkAll(file: Buffer, keys: ReadonlyMap<string, string>, witnesses: readonly WitnessKey[]): ProofReport {
  const proofs = readProofs(file)
  if (typeof proofs === 'string') return failure([proofs])
  const problems: string[] = []
  const unkeyed = new Set<string>()
  const entries: ProvenEntry[] = []
  for (const [at, proof] of proofs.entries()) {
    const log = logOf(proof)
    const keyLine = log === undefined ? undefined : keys.get(log)
    if (log === undefined) problems.push(`proof ${at + 1}: ${proof.checkpoint.origin} is not the name of a log`)
    else if (keyLine === undefined) unkeyed.add(log)
    const key = keyLine === undefined ? undefined : readVerifierKey(keyLine)
    if (keyLine !== undefined && !key) problems.push(`the key given for ${log} is no verifier key`)
    for (const fault of [...faultsOf(proof), ...(key && log !== undefined ? faultsOfSignature(proof, key, log) : [])])
      problems.push(`proof ${at + 1}: ${fault}`)
    entries.push(describe(proof, log ?? ''))
  }
  problems.push(...disagreements(entries))
  const witnessed: Cosigned[] = []
  for (const [log, { checkpoint }] of new Map(proofs.map((proof) => [logOf(proof) ?? '', proof]))) {
    for (const witness of witnesses) {
      const at = cosignedAt(checkpoint, witness)
      if (typeof at === 'number') witnessed.push({ log, by: witness.name, time: momentOf(at) })
      else problems.push(`${witness.name} has not cosigned this checkpoint of ${log}`)
    }
  }
  if (problems.length > 0 || unkeyed.size > 0) return failure(problems, [...unkeyed])
  const exchange = String(entries[0]?.fields['exchange'])
  return { ok: true, problems, unkeyed: [], entries, exchange, witnessed }
}

const failure = (problems: readonly string[], unkeyed: readonly string[] = []): ProofReport => ({
  ok: false,
  problems,
  unkeyed,
  entries: [],
  exchange: '',
  witnessed: [],
})

function momentOf(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? `second ${seconds}` : date.toISOString()
}

/** `sallyport/<fingerprint>/<log>`. */
function logOf({ checkpoint }: EntryProof): string | undefined {
  return /^sallyport\/[0-9a-f]{8}\/([a-z][a-z0-9-]{0,62})$/.exec(checkpoint.origin)?.[1]
}

/** What is wrong whoever signed. */
function faultsOf({ entry, index, path, checkpoint }: EntryProof): readonly string[] {
  const faults: string[] = []
  const root = rootFromPath({ hash: hashLeaf(entry), index }, checkpoint.size, path)
  if (!root?.equals(checkpoint.root))
    faults.push(`its path does not lead from the entry at ${index} to the root of ${checkpoint.size} entries`)
  const form = new Findings()
  new EntryForm(form).check(entry, index)
  faults.push(...form.list().map(({ message }) => message))
  if (typeof fieldsOf(entry)?.['exchange'] !== 'string') faults.push('its entry names no exchange')
  return faults
}

function faultsOfSignature({ checkpoint }: EntryProof, key: VerifierKey, log: string): readonly string[] {
  const signer = `sallyport/${key.fingerprint}/${log}`
  if (key.name !== signer) return [`the key given for ${log} is that of ${key.name}`]
  if (checkpoint.origin !== signer) return [`its log is ${checkpoint.origin}, but the key given is that of ${signer}`]
  const signature = checkSignatures(checkpoint, key)
  if (signature === 'unsigned') return [`its checkpoint is not signed by ${signer}`]
  return signature === 'forged' ? ['the signature of its checkpoint does not hold'] : []
}

function describe({ entry, index, checkpoint }: EntryProof, log: string): ProvenEntry {
  const { origin, size, root, signatures } = checkpoint
  const others = new Set(signatures.map(({ name }) => name).filter((name) => name !== origin))
  const fields = fieldsOf(entry) ?? {}
  return { log, index, fields, size, root: root.toString('hex'), signer: origin, others: [...others] }
}

/** One exchange, each entry once, and one tree a log: entries of two trees could be of two histories. */
function disagreements(entries: readonly ProvenEntry[]): readonly string[] {
  const faults = new Set<string>()
  const places = new Set<string>()
  const trees = new Map<string, string>()
  for (const { log, index, size, root, signer, fields } of entries) {
    if (fields['exchange'] !== entries[0]?.fields['exchange']) faults.add('its entries are of more than one exchange')
    if (places.has(`${log} ${index}`)) faults.add(`entry ${index} of ${log} stands in it twice`)
    places.add(`${log} ${index}`)
    const tree = `${signer} ${size} ${root}`
    if ((trees.get(log) ?? tree) !== tree) faults.add(`it holds two checkpoints of ${log}`)
    trees.set(log, tree)
  }
  return [...faults]
}
