// Node's parseArgs, with its faults as wrong use in one short line: its own texts go on for three.
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { UsageError } from './io.ts'

export function readOptions<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const [first = error.message] = error.message.split('. ')
    throw new UsageError(first.charAt(0).toLowerCase() + first.slice(1))
  }
}
