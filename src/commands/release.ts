import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The release of this checkout, as its package.json says. */
export function releaseOf(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  return version
}
