import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { isConsistent } from './consistency.ts'

const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
const hex = (text: string): Buffer => Buffer.from(text, 'hex')

/** RFC 6962 section 2.1, written down as it stands there. */
function treeHash(entries: readonly Buffer[]): Buffer {
  if (entries.length === 0) return sha256()
  if (entries.length === 1) return sha256(Buffer.of(0), entries[0]!)
  const k = split(entries.length)
  return sha256(Buffer.of(1), treeHash(entries.slice(0, k)), treeHash(entries.slice(k)))
}

function split(n: number): number {
  let k = 1
  while (k << 1 < n) k <<= 1
  return k
}

/** RFC 6962 section 2.1.2, likewise. */
function subproof(m: number, entries: readonly Buffer[], b: boolean): Buffer[] {
  const n = entries.length
  if (m === n) return b ? [] : [treeHash(entries)]
  const k = split(n)
  return m <= k
    ? [...subproof(m, entries.slice(0, k), b), treeHash(entries.slice(k))]
    : [...subproof(m - k, entries.slice(k), false), treeHash(entries.slice(0, k))]
}

const ENTRIES = Array.from({ length: 71 }, (_, at) => Buffer.from(`entry ${at}`))
const head = (size: number) => ({ size, root: treeHash(ENTRIES.slice(0, size)) })
const HEADS = Array.from({ length: 72 }, (_, size) => head(size))
const proof = (m: number, n: number): Buffer[] => (m === 0 ? [] : subproof(m, ENTRIES.slice(0, n), true))

// Of the test data that the transparency logs' own implementations have in common (certificate-transparency, trillian).
const KNOWN = {
  roots: {
    1: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    2: 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    5: '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    6: '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    8: '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  },
  proofs: [
    { from: 1, to: 1, hashes: [] },
    {
      from: 1,
      to: 8,
      hashes: [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    },
    {
      from: 6,
      to: 8,
      hashes: [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    },
    {
      from: 2,
      to: 5,
      hashes: [
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    },
  ],
} as const

test.each(KNOWN.proofs.map((each) => [each.from, each.to, each.hashes] as const))(
  'the known proof from %d to %d holds',
  (from, to, hashes) => {
    const earlier = { size: from, root: hex(KNOWN.roots[from]) }
    const later = { size: to, root: hex(KNOWN.roots[to]) }
    expect(isConsistent(earlier, later, hashes.map(hex))).toBe(true)
    expect(isConsistent(earlier, { ...later, root: hex(KNOWN.roots[6]) }, hashes.map(hex))).toBe(false)
  },
)

test('between every two sizes up to 71 the proof holds, and not with a hash less, more, changed or moved', () => {
  for (let n = 0; n <= 71; n++) {
    for (let m = 0; m <= n; m++) {
      const [earlier, later, right] = [HEADS[m]!, HEADS[n]!, proof(m, n)]
      const holds = (hashes: readonly Buffer[]): boolean => isConsistent(earlier, later, hashes)
      if (!holds(right)) throw new Error(`the proof from ${m} to ${n} does not hold`)
      const wrong = [
        [...right, sha256()],
        ...(right.length > 0 ? [right.slice(1), right.slice(0, -1)] : []),
        ...right.map((hash, at) => right.with(at, sha256(hash))),
        ...(right.length > 1 ? [right.toReversed()] : []),
      ]
      for (const hashes of wrong) if (holds(hashes)) throw new Error(`a wrong proof from ${m} to ${n} holds`)
    }
  }
})

test('no proof leads to another root, another size, or backwards', () => {
  for (let n = 1; n <= 40; n++) {
    for (let m = 1; m <= n; m++) {
      const right = proof(m, n)
      const other = { size: n, root: sha256(Buffer.from('another')) }
      if (isConsistent(HEADS[m]!, other, right)) throw new Error(`${m} to another root of ${n}`)
      if (isConsistent({ size: m, root: other.root }, HEADS[n]!, right)) throw new Error(`another root of ${m} to ${n}`)
      if (n > m && isConsistent(HEADS[n]!, HEADS[m]!, right)) throw new Error(`${n} back to ${m}`)
      for (const [from, to] of [
        [m, n + 1],
        [m + 1, n],
      ] as const) {
        const claimed = [
          { ...HEADS[m]!, size: from },
          { ...HEADS[n]!, size: to },
        ] as const
        // A size of its own is no part of the hash: the path to it is. Some neighbours have the same path.
        if (from <= to && proof(from, to).length !== right.length && isConsistent(...claimed, right))
          throw new Error(`${m} to ${n} as ${from} to ${to}`)
      }
    }
  }
})

describe('the empty tree', () => {
  test('has one root, and needs no proof', () => {
    const other = { size: 0, root: sha256(Buffer.of(1)) }
    expect(isConsistent(HEADS[0]!, HEADS[5]!, [])).toBe(true)
    expect(isConsistent(HEADS[0]!, HEADS[0]!, [])).toBe(true)
    expect(isConsistent(other, HEADS[5]!, [])).toBe(false)
    expect(isConsistent(HEADS[0]!, other, [])).toBe(false)
    expect(isConsistent(other, other, [])).toBe(false)
    expect(isConsistent(HEADS[0]!, HEADS[5]!, [sha256()])).toBe(false)
  })
})
