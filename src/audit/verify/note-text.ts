// C2SP signed notes that hold a checkpoint (tlog-checkpoint), taken apart strictly. Nothing is checked against a key here.

const MOST_NOTE_BYTES = 64 * 1024
/** The specification asks for at least 16; a checkpoint has one of its log and one of each witness. */
const MOST_SIGNATURES = 64

/** A name, and in base64, with whatever bits left over, at least five bytes. */
const SIGNATURE_LINE =
  /^\u2014 [^\p{White_Space}+]+ (?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{6}==)$/u

export interface NoteSignature {
  readonly name: string
  /** The four bytes of the key id, hex. */
  readonly id: string
  /** What follows the key id. */
  readonly bytes: Buffer
  /** As it stands in the note, without its newline. */
  readonly line: string
}

export interface CheckpointNote {
  /** What is signed, its last newline included. */
  readonly body: string
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  readonly signatures: readonly NoteSignature[]
}

/** A part of a sentence where the text is no checkpoint at all: `it has no origin`. */
export function readNote(bytes: Buffer): CheckpointNote | string {
  if (bytes.length > MOST_NOTE_BYTES) return 'it is too long'
  const text = bytes.toString('utf8')
  if (!Buffer.from(text).equals(bytes)) return 'it is not UTF-8'
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0009\u000B-\u001F]/.test(text)) return 'it has control characters'
  const cut = text.lastIndexOf('\n\n')
  if (cut < 0 || !text.endsWith('\n')) return 'it has no signatures'
  const body = text.slice(0, cut + 1)
  // tlog-checkpoint lets a log add lines of its own, none of them empty.
  if (body.includes('\n\n')) return 'it has an empty line'
  const [origin, size, root] = body.split('\n')
  if (!origin) return 'it has no origin'
  if (size === undefined || !/^(0|[1-9][0-9]{0,14})$/.test(size)) return 'its size is no number'
  const hash = root === undefined ? undefined : readHash(root)
  if (!hash) return 'its root is no hash'
  const signatures = readSignatures(text.slice(cut + 2), origin)
  return typeof signatures === 'string' ? signatures : { body, origin, size: Number(size), root: hash, signatures }
}

/** 32 bytes in the one base64 spelling that they have. */
export function readHash(coded: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(coded)) return undefined
  const hash = Buffer.from(coded, 'base64')
  return hash.toString('base64') === coded ? hash : undefined
}

function readSignatures(lines: string, origin: string): readonly NoteSignature[] | string {
  const signatures: NoteSignature[] = []
  const all = lines.split('\n').slice(0, -1)
  if (all.length > MOST_SIGNATURES) return 'it has too many signatures'
  for (const line of all) {
    if (!SIGNATURE_LINE.test(line)) return 'a signature line is malformed'
    const signature = readSignatureLine(line)
    if (signature) signatures.push(signature)
    // Strangers may spell theirs in ways that ours never is (C2SP signed-note, and Go's reader of it).
    else if (line.startsWith(`\u2014 ${origin} `)) return 'a signature line is malformed'
  }
  return signatures
}

/** Without its newline. */
export function readSignatureLine(line: string): NoteSignature | undefined {
  // U+0085 is a space to others, and none to JavaScript.
  const [, name, coded] = /^\u2014 ([^\s\u0085+]{1,512}) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
  if (name === undefined || coded === undefined) return undefined
  const bytes = Buffer.from(coded, 'base64')
  // One spelling only, and something beside the key id.
  if (bytes.length < 5 || bytes.toString('base64') !== coded) return undefined
  return { name, id: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4), line }
}
