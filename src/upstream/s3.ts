// Objects in a bucket of S3, or of a store that speaks its protocol. Bun's client signs, reads and lists. What is written goes by a
// presigned address, because only so can it be conditional (`if-none-match`) and carry the digest that buckets with object lock ask for.
import { createHash } from 'node:crypto'
import { S3Client } from 'bun'

export interface S3Place {
  readonly bucket: string
  /** Without slashes at its ends; empty for the bucket's root. */
  readonly prefix: string
  readonly region?: string
  /** Without a slash at its end. Addressed by path: `<endpoint>/<bucket>/<key>`. */
  readonly endpoint?: string
}

export interface S3Options {
  readonly place: S3Place
  /** Asked for each request: whoever keeps them re-reads what was rotated. */
  readonly secrets: () => Promise<{ readonly key: string; readonly secret: string }>
  /** Milliseconds for one request; 60 s unless given. */
  readonly timeout?: number
}

/** Paths are below the prefix. Rejections say what failed with which status, and hold neither address nor secret. */
export interface S3Objects {
  read(path: string): Promise<Uint8Array | undefined>
  create(path: string, bytes: Uint8Array): Promise<'created' | 'taken'>
  settle(): Promise<void>
  replace(path: string, bytes: Uint8Array): Promise<void>
  forget(folder: string): Promise<void>
}

const TIMEOUT_MS = 60_000
const PRESIGNED_S = 300

export function s3Objects({ place, secrets, timeout = TIMEOUT_MS }: S3Options): S3Objects {
  const keyOf = (path: string): string => (place.prefix === '' ? path : `${place.prefix}/${path}`)

  const client = async (): Promise<S3Client> => {
    const { key, secret } = await secrets()
    const { bucket, region, endpoint } = place
    const where = { bucket, ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) }
    return new S3Client({ accessKeyId: key, secretAccessKey: secret, ...where })
  }

  /** Undefined where it may not be known: some policies answer so for what is not there. */
  const isThere = async (path: string): Promise<boolean | undefined> => {
    const address = (await client()).presign(keyOf(path), { method: 'HEAD', expiresIn: PRESIGNED_S })
    const { status } = await reach(address, { method: 'HEAD' })
    if (status === 200) return true
    if (status === 404) return false
    if (status === 403) return undefined
    throw refused('write', status, place)
  }

  const reach = async (address: string, request: RequestInit): Promise<Response> => {
    try {
      return await fetch(address, { ...request, redirect: 'manual', signal: AbortSignal.timeout(timeout) })
    } catch {
      // The error would show the address, and with it a signature.
      throw new Error(`the bucket ${place.bucket} cannot be reached`)
    }
  }

  const put = async (path: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>): Promise<number> => {
    const address = (await client()).presign(keyOf(path), { method: 'PUT', expiresIn: PRESIGNED_S })
    const digest = createHash('md5').update(bytes).digest('base64')
    const answer = await reach(address, { method: 'PUT', headers: { 'content-md5': digest, ...headers }, body: bytes })
    await answer.body?.cancel()
    return answer.status
  }

  const read = async (path: string): Promise<Uint8Array | undefined> => {
    try {
      return await within(timeout, (await client()).file(keyOf(path)).bytes())
    } catch (error) {
      if (codeOf(error) === 'NoSuchKey') return undefined
      throw failed('read', error, place)
    }
  }

  return {
    read,
    async create(path, bytes) {
      // A store that does not know the condition would write over what is there.
      if ((await isThere(path)) === true) return 'taken'
      const status = await put(path, bytes, { 'if-none-match': '*' })
      if (status === 412) return 'taken'
      if (status === 200) return 'created'
      throw refused('write', status, place)
    },
    // What was answered is stored.
    settle: () => Promise.resolve(),
    async replace(path, bytes) {
      const status = await put(path, bytes, {})
      if (status !== 200) throw refused('write', status, place)
    },
    async forget(folder) {
      const bucket = await client()
      try {
        const { contents = [] } = await within(timeout, bucket.list({ prefix: `${keyOf(folder)}/` }))
        for (const { key } of contents) await within(timeout, bucket.delete(key))
      } catch (error) {
        throw failed('remove', error, place)
      }
    },
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('timeout')), milliseconds)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer'

const failed = (what: string, error: unknown, { bucket }: S3Place): Error =>
  new Error(`the bucket ${bucket} does not let us ${what} (${codeOf(error)})`)

const refused = (what: string, status: number, { bucket }: S3Place): Error =>
  new Error(`the bucket ${bucket} does not let us ${what} (HTTP ${status})`)
