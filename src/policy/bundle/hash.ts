// A bundle's name: the SHA-256 of what it says. One byte changes it; the order in which files are found does not.
import { createHash } from 'node:crypto'

/**
 * In hex, of this text: for each file, in the order of their paths by UTF-8 bytes, the SHA-256 of its content in hex,
 * two spaces, its path, a line feed. That is what `sha256sum` prints, so `sha256sum FILES… | sha256sum` gives the same.
 */
export function hashBundle(files: ReadonlyMap<string, string>): string {
  const paths = [...files.keys()].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
  const whole = createHash('sha256')
  for (const path of paths) {
    whole.update(
      `${createHash('sha256')
        .update(files.get(path) ?? '', 'utf8')
        .digest('hex')}  ${path}\n`,
    )
  }
  return whole.digest('hex')
}
