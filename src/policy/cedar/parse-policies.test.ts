import { expect, test } from 'bun:test'
import { linkTemplate } from './parsed-policy.ts'
import { parsePolicies } from './parse-policies.ts'
import { compilePolicies } from './policy-set.ts'

const read = (text: string) => parsePolicies([{ file: 'policies/a.cedar', text }])

test('statements are found with their lines, whatever comments and strings hold', () => {
  const { policies, errors } = read(`// permit (principal, action, resource);
@id("first") @tell("a ; in \\"quotes\\" // is no comment")
permit (principal, action, resource) // ; not here
when { context.a == "}; forbid" };


forbid (principal, action, resource); @id("third") permit (principal, action, resource);
`)
  expect(errors).toEqual([])
  expect(policies.map(({ id, effect, file, line }) => ({ id, effect, file, line }))).toEqual([
    { id: 'first', effect: 'permit', file: 'policies/a.cedar', line: 2 },
    { id: 'policy1', effect: 'forbid', file: 'policies/a.cedar', line: 7 },
    { id: 'third', effect: 'permit', file: 'policies/a.cedar', line: 7 },
  ])
  expect(policies[0]?.annotations['tell']).toBe('a ; in "quotes" // is no comment')
  expect(policies[1]?.text).toBe('forbid (principal, action, resource);')
})

test('an error names the file and the line where the text goes wrong, also behind characters of several bytes', () => {
  const { policies, errors } = read(`permit (principal, action, resource);
permit (principal, action, resource)
when { context.é };`)
  expect(policies.length).toBe(1)
  expect(errors.map(({ file, line }) => ({ file, line }))).toEqual([{ file: 'policies/a.cedar', line: 3 }])
  expect(read('// ééééé\npermit (principal, action, resource)\nwhn { true };').errors[0]?.line).toBe(3)
})

test('a statement without its semicolon, an unclosed string and an unclosed comment are errors', () => {
  for (const text of [
    'permit (principal, action, resource)',
    'permit (principal, action, resource) when { "a };',
    '/* x */',
  ]) {
    expect(read(text).errors.length).toBe(1)
  }
  expect(read('// nothing here').errors).toEqual([])
})

test('integers beyond 2^53 are read exactly, and beyond 64 bits refused', () => {
  const { policies } = read(
    'permit (principal, action, resource) when { context.a == 9223372036854775807 || -9223372036854775808 == 9007199254740993 };',
  )
  expect(policies[0]?.json.conditions[0]?.body).toEqual({
    '||': {
      left: {
        '==': { left: { '.': { left: { Var: 'context' }, attr: 'a' } }, right: { Value: 9223372036854775807n } },
      },
      right: { '==': { left: { Value: -9223372036854775808n }, right: { Value: 9007199254740993n } } },
    },
  })
  expect(read('permit (principal, action, resource) when { 1 == 9223372036854775808 };').errors.length).toBe(1)
})

test('nesting that would break the official parser for good is refused before it', () => {
  const nested = (open: string, close: string) =>
    read(`permit (principal, action, resource) when { ${open.repeat(5000)}true${close.repeat(5000)} };`).errors[0]
      ?.message
  expect(nested('(', ')')).toBe('brackets are nested deeper than 64')
  expect(nested('!', '')).toBe('more than 200 operators in a row')
  expect(nested('if true then ', ' else true')).toBe('more than 200 operators in a row')
  expect(nested('true && ', '')).toBe('more than 1000 conditions in one policy')
  expect(read('permit (principal, action, resource);').errors).toEqual([])
})

test('a template is refused until each of its slots is filled', () => {
  const [template] = read('@id("t") permit (principal in ?principal, action, resource == ?resource);').policies
  if (template === undefined) throw new Error('unreachable')
  const group = { type: 'G', id: 'g' }
  expect(template.open).toEqual(['?principal', '?resource'])
  expect(() => compilePolicies([template])).toThrow(TypeError)
  expect(() => linkTemplate(template, 'l', { '?principal': group })).toThrow(TypeError)
  expect(linkTemplate(template, 'l', { '?principal': group, '?resource': group }).id).toBe('l')
})
