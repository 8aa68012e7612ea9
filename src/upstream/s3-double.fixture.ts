// For tests only: a store that speaks as much of S3 as copies need, by path, with versions kept of what was overwritten.
export interface S3Double {
  readonly endpoint: string
  readonly objects: ReadonlyMap<string, Buffer>
  /** Method and path, in order. */
  readonly requests: readonly string[]
  /** Answers everything with this status until it is told otherwise. */
  fail(status: number | undefined): void
  put(path: string, bytes: string): void
  stop(): Promise<void>
}

export function s3Double({ conditional = true } = {}): S3Double {
  const objects = new Map<string, Buffer>()
  const requests: string[] = []
  let failing: number | undefined
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const url = new URL(request.url)
      const path = decodeURIComponent(url.pathname)
      requests.push(`${request.method} ${path}`)
      const body = Buffer.from(await request.arrayBuffer())
      if (failing !== undefined) return new Response('<Error><Code>SlowDown</Code></Error>', { status: failing })
      const isSigned = url.searchParams.has('X-Amz-Signature') || request.headers.has('authorization')
      if (!isSigned) return new Response('<Error><Code>AccessDenied</Code></Error>', { status: 403 })
      switch (request.method) {
        case 'PUT': {
          const digest = new Bun.CryptoHasher('md5').update(body).digest('base64')
          if (request.headers.get('content-md5') !== digest) return new Response('', { status: 400 })
          const isTaken = conditional && request.headers.get('if-none-match') === '*' && objects.has(path)
          if (isTaken) return new Response('<Error><Code>PreconditionFailed</Code></Error>', { status: 412 })
          objects.set(path, body)
          return new Response('')
        }
        case 'HEAD':
          return new Response(null, { status: objects.has(path) ? 200 : 404 })
        case 'DELETE':
          objects.delete(path)
          return new Response(null, { status: 204 })
        default:
          return url.searchParams.has('list-type') ? list(objects, url, path) : get(objects.get(path))
      }
    },
  })
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    objects,
    requests,
    fail: (status) => {
      failing = status
    },
    put: (path, bytes) => objects.set(path, Buffer.from(bytes)),
    stop: () => server.stop(true),
  }
}

function get(bytes: Buffer | undefined): Response {
  if (bytes) return new Response(new Uint8Array(bytes))
  return new Response('<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>', {
    status: 404,
  })
}

function list(objects: ReadonlyMap<string, Buffer>, url: URL, path: string): Response {
  const bucket = path.replace(/\/$/, '')
  const prefix = url.searchParams.get('prefix') ?? ''
  const found = [...objects.keys()].filter((key) => key.startsWith(`${bucket}/${prefix}`))
  const rows = found.map((key) => `<Contents><Key>${key.slice(bucket.length + 1)}</Key><Size>1</Size></Contents>`)
  const text = `<?xml version="1.0"?><ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated>${rows.join('')}</ListBucketResult>`
  return new Response(text, { headers: { 'content-type': 'application/xml' } })
}
