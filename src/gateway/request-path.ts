/** Path and query as they were sent, cut by hand: `new URL` throws for an HTTP/1.0 request without a Host, whose URL is a bare path. */
export function pathOf(url: string): string {
  if (url.startsWith('/')) return url
  const scheme = url.indexOf('://')
  const start = url.indexOf('/', scheme < 0 ? 0 : scheme + 3)
  return start < 0 ? url : url.slice(start)
}

/** What stands before the first `?`. */
export function withoutQuery(path: string): string {
  const mark = path.indexOf('?')
  return mark < 0 ? path : path.slice(0, mark)
}

/** What stands behind it, up to the next one. */
export function queryOf(path: string): string {
  const mark = path.indexOf('?')
  if (mark < 0) return ''
  const next = path.indexOf('?', mark + 1)
  return next < 0 ? path.slice(mark + 1) : path.slice(mark + 1, next)
}
