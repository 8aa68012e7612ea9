// Where answers come from: somebody at a terminal, or lines of standard input.
import { createInterface } from 'node:readline'

export interface Input {
  /** Whether somebody sits there who can be asked. */
  readonly terminal: boolean
  /** Undefined at the end of input. */
  next(): Promise<string | undefined>
  close(): void
}

export function standardInput(): Input {
  const { stdin, stdout } = process
  const terminal = stdin.isTTY && stdout.isTTY
  const lines = createInterface({ input: stdin, terminal, ...(terminal && { output: stdout, prompt: '  > ' }) })
  const iterator = lines[Symbol.asyncIterator]()
  // Ctrl-C at a question ends the program as it would anywhere else.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  return {
    terminal,
    async next() {
      if (terminal) lines.prompt()
      const { value, done } = await iterator.next()
      return done ? undefined : value
    },
    close: () => lines.close(),
  }
}
