import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { fillTemplate, mayCollide, parseTemplate } from './template.ts'

describe('a name template', () => {
  test('puts claims into text', () => {
    expect(fillTemplate(parseTemplate('App::ci/{repository}'), ['acme/site'])).toBe('ci/acme/site')
    expect(fillTemplate(parseTemplate('User::{org}:{sub}@x'), ['acme', 'bob'])).toBe('acme:bob@x')
  })

  test('takes a claim name as it stands: a dot or a slash is no path', () => {
    expect(parseTemplate('User::{https://acme.com/user.id}')).toEqual({
      type: 'User',
      literals: ['', ''],
      claims: ['https://acme.com/user.id'],
    })
  })

  test.each([
    ['Robot::{sub}', 'must begin with'],
    ['{sub}', 'must begin with'],
    ['User::alice', 'has no {claim}'],
    ['User::{}', 'has an empty {}'],
    ['User::{a}{b}', 'needs text between'],
    ['User::{a', 'brace without its partner'],
    ['User::a}{b}', 'brace without its partner'],
    ['User::{{a}}', 'brace without its partner'],
  ])('%p is refused', (text, why) => {
    expect(() => parseTemplate(text)).toThrow(why)
  })

  test('refuses a value that holds a separator, or completes one', () => {
    const slash = parseTemplate('App::{org}/{repository}')
    expect(fillTemplate(slash, ['acme', 'site'])).toBe('acme/site')
    expect(fillTemplate(slash, ['acme/x', 'site'])).toBeUndefined()
    expect(fillTemplate(slash, ['acme', 'x/site'])).toBeUndefined()
    // "1a" + "aa" + "b" and "1" + "aa" + "ab" are both "1aaab".
    expect(fillTemplate(parseTemplate('App::{x}aa{y}'), ['1a', 'b'])).toBeUndefined()
  })

  test('never prints two sets of claims alike', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 4 })
    const pair = fc.tuple(text, text)
    fc.assert(
      fc.property(text, pair, pair, (separator, left, right) => {
        const template = parseTemplate(`App::{x}${separator}{y}`)
        const [one, other] = [fillTemplate(template, left), fillTemplate(template, right)]
        if (one === undefined || one !== other) return
        expect(left).toEqual(right)
      }),
      { numRuns: 3000 },
    )
  })

  test('is known to collide with one that could print the same name', () => {
    const collide = (left: string, right: string) => mayCollide(parseTemplate(left), parseTemplate(right))
    expect(collide('User::{sub}', 'User::okta/{sub}')).toBe(true)
    expect(collide('User::okta/{sub}', 'User::entra/{sub}')).toBe(false)
    expect(collide('User::{sub}', 'App::{sub}')).toBe(false)
    expect(collide('User::{sub}@a.com', 'User::{sub}@b.com')).toBe(false)
  })
})
