// Rows that others labelled: JSON, one a line, packed or not.
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** What `--rows FILE` names, or `standard`; undefined where that file is not here. */
export function readRows(args: readonly string[], standard: string): readonly unknown[] | undefined {
  const at = args.indexOf('--rows')
  const path = at < 0 ? standard : args[at + 1]
  if (path === undefined) throw new Error('--rows takes a file')
  if (!existsSync(path)) {
    if (at >= 0) throw new Error(`no file ${path}`)
    return undefined
  }
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as unknown)
}
