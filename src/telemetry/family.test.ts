import { describe, expect, test } from 'bun:test'
import { makeCounter } from './counter.ts'
import { readPage } from './exposition.fixture.ts'
import { gauge, printPage } from './family.ts'
import { makeHistogram } from './histogram.ts'

const OWN = { worker: 'gateway-0' }

describe('the page', () => {
  test('is what Prometheus reads, to the letter', () => {
    const counter = makeCounter({ name: 'a_total', help: 'What is\ncounted.', labels: ['kind', 'way'] })
    counter.add(2, 'x', 'in')
    counter.add(1, 'x', 'in')
    counter.add(1, 'y', 'out')
    const histogram = makeHistogram({ name: 'b_seconds', help: 'How long.', label: 'step', bounds: [100, 1_000] })
    for (const us of [1, 100, 101, 5_000]) histogram.observe(us, 'policy')
    expect(printPage([counter.family(OWN), histogram.family(OWN)])).toBe(
      [
        '# HELP a_total What is\\ncounted.',
        '# TYPE a_total counter',
        'a_total{worker="gateway-0",kind="x",way="in"} 3',
        'a_total{worker="gateway-0",kind="y",way="out"} 1',
        '# HELP b_seconds How long.',
        '# TYPE b_seconds histogram',
        'b_seconds_bucket{worker="gateway-0",step="policy",le="0.0001"} 2',
        'b_seconds_bucket{worker="gateway-0",step="policy",le="0.001"} 3',
        'b_seconds_bucket{worker="gateway-0",step="policy",le="+Inf"} 4',
        'b_seconds_sum{worker="gateway-0",step="policy"} 0.005202',
        'b_seconds_count{worker="gateway-0",step="policy"} 4',
        '',
      ].join('\n'),
    )
  })

  test('a label holds whatever it holds, and nothing that could begin a line of its own', () => {
    const odd = 'a"b\\c\nd 1\nfaked_total 9\u001b[31m\u2028é'
    const page = printPage([gauge({ name: 'a', help: 'h' }, { worker: odd }, [[{}, 1]])])
    expect(readPage(page).samples).toEqual([
      { name: 'a', labels: { worker: 'a"b\\c\nd 1\nfaked_total 9?[31m?é' }, value: 1 },
    ])
    expect(page.split('\n')).toHaveLength(4)
  })

  test('families of one name are put together, and one of another type is left out', () => {
    const of = (worker: string, type: 'gauge' | 'counter') =>
      gauge({ name: 'a', help: 'h', type }, { worker }, [[{}, 1]])
    const other = gauge({ name: 'b', help: 'h' }, OWN, [[{}, 2]])
    const page = readPage(
      printPage([of('gateway-0', 'gauge'), other, of('gateway-1', 'gauge'), of('gateway-2', 'counter')]),
    )
    expect(page.samples.map(({ name, labels }) => `${name} ${labels['worker']}`)).toEqual([
      'a gateway-0',
      'a gateway-1',
      'b gateway-0',
    ])
  })

  test('a number that is none is said so', () => {
    const samples = [NaN, Infinity, -Infinity, 1e21].map((value, at) => [{ at: String(at) }, value] as const)
    const page = readPage(printPage([gauge({ name: 'a', help: 'h' }, {}, samples)]))
    expect(page.samples.map(({ value }) => value)).toEqual([NaN, Infinity, -Infinity, 1e21])
  })
})

describe('bounds', () => {
  test('a counter keeps no more series than it may: what comes beyond is counted as other', () => {
    const counter = makeCounter({ name: 'a_total', help: 'h', labels: ['kind'], most: 3 })
    for (let at = 0; at < 10_000; at++) counter.add(1, `kind-${at}`)
    counter.add(1, 'kind-1')
    const page = readPage(printPage([counter.family({})]))
    expect(page.samples.map(({ labels, value }) => [labels['kind'], value])).toEqual([
      ['kind-0', 1],
      ['kind-1', 2],
      ['kind-2', 1],
      ['other', 9_997],
    ])
  })

  test('so does a histogram', () => {
    const histogram = makeHistogram({ name: 'a', help: 'h', label: 'step', bounds: [10], most: 2 })
    for (let at = 0; at < 1_000; at++) histogram.observe(1, `step-${at}`)
    const page = readPage(printPage([histogram.family({})]))
    expect(page.value('a_count', { step: 'other' })).toBe(998)
    expect(page.samples).toHaveLength(12)
  })

  test('a time that is none does not spoil the sum', () => {
    const histogram = makeHistogram({ name: 'a', help: 'h', bounds: [10] })
    for (const us of [-1, NaN, Infinity, 5]) histogram.observe(us)
    const page = readPage(printPage([histogram.family({})]))
    expect([page.value('a_count'), page.value('a_sum')]).toEqual([1, 0.000005])
  })
})

describe('the reader that these tests rely on', () => {
  test.each([
    ['no end', 'a 1'],
    ['no type', 'a 1\n'],
    ['twice', '# TYPE a gauge\na 1\na 2\n'],
    ['torn apart', '# TYPE a gauge\n# TYPE b gauge\na 1\nb 1\na{x="y"} 1\n'],
    ['a bad escape', '# TYPE a gauge\na{x="\\t"} 1\n'],
    ['a bad value', '# TYPE a gauge\na one\n'],
    ['buckets that go down', '# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n'],
  ])('refuses what a scraper would: %s', (_name, text) => {
    expect(() => readPage(text)).toThrow()
  })
})
