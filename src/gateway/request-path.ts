/** Path and query as they were sent, cut by hand: `new URL` throws for an HTTP/1.0 request without a Host, whose URL is a bare path. */
export function pathOf(url: string): string {
  if (url.startsWith('/')) return url
  const scheme = url.indexOf('://')
  const start = url.indexOf('/', scheme < 0 ? 0 : scheme + 3)
  return start < 0 ? url : url.slice(start)
}
