import { expect, test } from 'bun:test'
import { notKnown, ok, warn, wrong } from './finding.ts'
import { findingLines, summary } from './print-findings.ts'

const FOUND = [
  ok('port', '127.0.0.1:8400', 'free'),
  warn('clock', 'this machine', '7 s behind b.example', 'Let it keep time.'),
  wrong('files', 'bundle/policies/a-policy-of-a-long-name.cedar', 'others may change it', 'Run: chmod go-w it'),
  notKnown('audience', 'staff', 'only a token shows it'),
]

test('piped, columns align and no line is folded', () => {
  expect(findingLines(FOUND, { color: false, columns: undefined })).toEqual([
    '✓ ok         port      127.0.0.1:8400                free',
    '! warn       clock     this machine                  7 s behind b.example',
    '                                                     Let it keep time.',
    '✗ wrong      files     bundle/policies/a-policy-of-a-long-name.cedar  others may change it',
    '                                                     Run: chmod go-w it',
    '– not known  audience  staff                         only a token shows it',
  ])
})

test('on a narrow terminal, what does not fit beside its subject stands beneath it', () => {
  const lines = findingLines(FOUND, { color: false, columns: 60 })
  expect(lines).toEqual([
    '✓ ok         port      127.0.0.1:8400  free',
    '! warn       clock     this machine    7 s behind b.example',
    '                                       Let it keep time.',
    '✗ wrong      files     bundle/policies/a-policy-of-a-long-name.cedar',
    '             others may change it',
    '             Run: chmod go-w it',
    '– not known  audience  staff',
    '             only a token shows it',
  ])
})

test('at 80 columns, one subject that is long costs the others no room', () => {
  const found = [
    ok('files', '/etc/sallyport/tls/gateway.example.com/fullchain.pem', 'is the key of the certificate'),
    ok('disk', '~/.sallyport/audit', '68 GiB free'),
    ok('issuer', 'staff', 'https://a.example: 2 keys for RS256'),
  ]
  expect(findingLines(found, { color: false, columns: 80 })).toEqual([
    '✓ ok         files   /etc/sallyport/tls/gateway.example.com/fullchain.pem',
    '             is the key of the certificate',
    '✓ ok         disk    ~/.sallyport/audit  68 GiB free',
    '✓ ok         issuer  staff               https://a.example: 2 keys for RS256',
  ])
})

test('a long text is folded at spaces, at whatever width', () => {
  const text = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen'
  for (const columns of [40, 60, 80, 120, 200]) {
    const lines = findingLines([wrong('check', 'subject', text, text)], { color: false, columns })
    for (const line of lines) expect(line.length).toBeLessThan(columns)
    expect(lines.join(' ').replaceAll(/ +/g, ' ')).toEndWith(`${text} ${text}`)
  }
})

test('colour is only where the sign and the word are', () => {
  const plain = findingLines(FOUND, { color: false, columns: 80 })
  const colored = findingLines(FOUND, { color: true, columns: 80 })
  expect(colored[0]).toBe('\u001B[32m✓\u001B[0m \u001B[32mok\u001B[0m         port      127.0.0.1:8400  free')
  expect(
    colored.map((line) => [31, 32, 33, 2, 0].reduce((left, code) => left.replaceAll(`\u001B[${code}m`, ''), line)),
  ).toEqual([...plain])
})

test('what others say cannot steer the terminal', () => {
  const lines = findingLines([ok('model', 'a\u001B[2Jb', 'c\nd\u202E')], { color: false, columns: undefined })
  expect(lines).toEqual(['✓ ok         model  a\u{FFFD}[2Jb  c d\u{FFFD}'])
})

test('the last line counts', () => {
  expect(summary(FOUND)).toBe('1 ok  1 warning  1 wrong  1 not known')
  expect(summary([ok('port', 'x', 'free')])).toBe('1 ok')
})
