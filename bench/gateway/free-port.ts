/** A port of the loopback address that nobody listens on at this moment: for programs that cannot be told to choose. */
export function freePort(): number {
  const probe = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(null) })
  const { port } = probe
  void probe.stop(true)
  if (port === undefined) throw new Error('there is no free port')
  return port
}
