import { expect, test } from 'bun:test'
import { csvHeader, csvRow } from './csv.ts'
import { DECISION, logged, OTHERS, OUTCOME } from './entries.fixture.ts'
import { loggedEntry } from './logged.ts'

test('the columns are these, in this order', () => {
  expect(csvHeader()).toBe(
    'log,index,id,time,kind,exchange,principal_type,principal,groups,key,chain,source,session,system,tier,action,' +
      'resource_type,resource,decision,reason,policies,targets,bundle,status,ended,bytes,us,input_tokens,output_tokens,' +
      'findings,indicator,what,subject,by,why,parent,client,grant,token,scope,trust,bound,labels,duration,calls,tokens,' +
      'flags,cost\r\n',
  )
})

test('a decision and an outcome are a row each', () => {
  expect(csvRow(logged(DECISION))).toBe(
    'gateway-0,7,01KDYAK3SE0000000000000001,2026-01-02T03:04:05.678Z,decision,01KDYAK3SE0000000000000009,User,alice,' +
      'clinicians,,User::alice,10.0.0.1,s-1,,,infer,Model,clinic-small,allow,,clinicians-infer,' +
      'harbor/family/large | spare/large,0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f,,,,,,,,,,,,,,,,,,,,,,,,,\r\n',
  )
  expect(csvRow(logged(OUTCOME))).toBe(
    'gateway-0,7,01KDYAK3SE0000000000000001,2026-01-02T03:04:05.678Z,outcome,01KDYAK3SE0000000000000009,' +
      ',,,,,,,,,,,,,,,,,200,complete,512,30500,11,22,,,,,,,,,,,,,,,,,,,\r\n',
  )
})

test.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t'=1"],
  ['\r=1', `"'\r'=1"`],
  ['\n=1', `"'\n'=1"`],
  ['a;=1;b', "a;'=1;b"],
  ['a\t@b', "a\t'@b"],
  ['a\r\n+b', `"a\r'\n'+b"`],
  ['a;"=1"', `"a;'""=1"""`],
  ['\uff1d1', "'\uff1d1"],
  ['a; b', 'a; b'],
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ['a,b', '"a,b"'],
  ['a"b', '"a""b"'],
  ['a\nb', '"a\nb"'],
  ['plain - text', 'plain - text'],
])('the cell %j is written %j', (text, cell) => {
  const row = csvRow(logged({ kind: 'change', what: 'key', subject: text, by: 'x', why: 'y' }))
  expect(row).toEndWith(`,key,${cell},x,y,,,,,,,,,,,,,\r\n`)
})

test('the end of a session is a row with what it came to', () => {
  const end = OTHERS.find((entry) => 'why' in entry && entry.why === 'misuse') ?? {}
  expect(csvRow(logged(end))).toBe(
    'gateway-0,7,01KDYAK3SE0000000000000001,2026-01-02T03:04:05.678Z,session,,App,intake,,,App::intake,,s-2,,3,,,,,,,,,' +
      ',,,,,,,,end,,gate,misuse,,intake,,,,,,clinical | credentials,61000,4,420,1,\r\n',
  )
})

test('bytes that are no entry are a row, too', () => {
  expect(csvRow(loggedEntry('gateway-0', 3, Buffer.from('?')))).toStartWith('gateway-0,3,,,unreadable,')
})
