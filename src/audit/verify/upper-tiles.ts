// Checks every tile above the leaves against the full tiles below it, level by level, as the leaves go by.
import { rootOfAll } from './merkle.ts'
import type { Findings } from './report.ts'
import { pathOfTile, readHashes } from './tile-files.ts'

export class UpperTiles {
  readonly #directory: string
  readonly #findings: Findings
  /** By level, from 1: the hashes of the tile that is being filled, and how many came before it. */
  readonly #levels: { hashes: Buffer[]; done: number }[] = []

  constructor(directory: string, findings: Findings) {
    this.#directory = directory
    this.#findings = findings
  }

  /** `hashes` is a full tile of the level below. */
  async add(hashes: readonly Buffer[], level = 1): Promise<void> {
    const row = (this.#levels[level] ??= { hashes: [], done: 0 })
    row.hashes.push(rootOfAll(hashes))
    if (row.hashes.length < 256) return
    const full = row.hashes
    await this.#compare(level, row.done, full)
    this.#levels[level] = { hashes: [], done: row.done + 1 }
    await this.add(full, level + 1)
  }

  /** The partial tiles at the right edge. */
  async end(): Promise<void> {
    for (const [level, row] of this.#levels.entries()) {
      if (row && row.hashes.length > 0) await this.#compare(level, row.done, row.hashes)
    }
  }

  async #compare(level: number, index: number, hashes: readonly Buffer[]): Promise<void> {
    const path = pathOfTile(String(level), index, hashes.length)
    const read = await readHashes(this.#directory, level, index, hashes.length)
    if (read === 'missing') return this.#findings.add('bad-tile', `the tile ${path} is missing`)
    const { parts, whole } = read
    if (!whole || parts.length !== hashes.length)
      this.#findings.add('bad-tile', `the tile ${path} has the wrong length`)
    const wrong = hashes.findIndex((hash, at) => parts[at]?.equals(hash) === false)
    if (wrong < 0) return
    const span = 256 ** level
    const from = (index * 256 + wrong) * span
    const message = `the tile ${path} disagrees with the tiles below it about entries ${from} to ${from + span - 1}`
    this.#findings.add('bad-tile', message)
  }
}
