// How well scores tell rows with a credential from rows without: the arithmetic alone.

export interface Scored {
  /** 1: there is something to find. */
  readonly label: 0 | 1
  readonly score: number
}

/** The chance that a row with label 1 scores higher than one with 0; ties count half. Undefined without both. */
export function auc(rows: readonly Scored[]): number | undefined {
  const sorted = [...rows].sort((a, b) => a.score - b.score)
  let rankSum = 0
  let ones = 0
  for (let from = 0; from < sorted.length;) {
    let to = from
    while (to < sorted.length && sorted[to]?.score === sorted[from]?.score) to += 1
    const positives = sorted.slice(from, to).filter(({ label }) => label === 1).length
    rankSum += positives * ((from + 1 + to) / 2)
    ones += positives
    from = to
  }
  const zeros = rows.length - ones
  return ones === 0 || zeros === 0 ? undefined : (rankSum - (ones * (ones + 1)) / 2) / (ones * zeros)
}

/** The share found at the lowest threshold that flags at most this share of the rows with label 0. */
export function recallAt(rows: readonly Scored[], share: number): number | undefined {
  const ones = rows.filter(({ label }) => label === 1)
  const zeros = rows
    .filter(({ label }) => label === 0)
    .map(({ score }) => score)
    .sort((a, b) => b - a)
  if (ones.length === 0 || zeros.length === 0) return undefined
  // What scores above this one is flagged: no more than the share of the others does.
  const limit = zeros[Math.floor(zeros.length * share)] ?? Number.NEGATIVE_INFINITY
  return ones.filter(({ score }) => score > limit).length / ones.length
}

export const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length

export const shareOf = <T>(rows: readonly T[], test: (row: T) => boolean): number | undefined =>
  mean(rows.map((row) => (test(row) ? 1 : 0)))
