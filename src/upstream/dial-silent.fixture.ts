// An address that neither takes connections nor refuses them: a listener that never accepts, its queue filled.
import { connect, type Socket } from 'node:net'

export interface SilentAddress {
  readonly address: string
  readonly port: number
  stop(): void
}

const STUCK = `
const server = require('node:net').createServer()
server.listen(Number(process.argv[1]), process.argv[2], () => {
  require('node:fs').writeSync(1, server.address().port + '\\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

/** More than a queue holds. */
const CALLERS = 600

export async function startSilent(address: string, port = 0): Promise<SilentAddress> {
  const child = Bun.spawn([process.execPath, '-e', STUCK, String(port), address], { stdout: 'pipe', stderr: 'ignore' })
  const said = await child.stdout.getReader().read()
  const at = Number(new TextDecoder().decode(said.value))
  const connected: Socket[] = []
  const callers = Array.from({ length: CALLERS }, () => {
    const socket = connect(at, address, () => void connected.push(socket))
    return socket.on('error', () => undefined)
  })
  // Full, once nobody else gets in.
  for (let before = -1; before < 1 || before !== connected.length;) {
    before = connected.length
    await Bun.sleep(50)
  }
  return {
    address,
    port: at,
    stop() {
      child.kill('SIGKILL')
      for (const socket of callers) socket.destroy()
    },
  }
}
