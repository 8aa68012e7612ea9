import { describe, expect, test } from 'bun:test'
import { anthropicModel, anthropicModelList, anthropicPage } from './models.ts'
import { outcomeOf } from './scene.fixture.ts'

test('a model is what Anthropic’s clients know as one', () => {
  expect(anthropicModel('claude-clinic')).toEqual({
    type: 'model',
    id: 'claude-clinic',
    display_name: 'claude-clinic',
    created_at: '1970-01-01T00:00:00Z',
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: null,
    max_tokens: null,
    retires_at: null,
  })
  expect(anthropicModel('c', '2026-01-02T03:04:05Z').created_at).toBe('2026-01-02T03:04:05Z')
})

describe('the list', () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const page = (query: string): unknown => {
    const { data, ...rest } = anthropicModelList(names, anthropicPage(query))
    return [data.map(({ id }) => id).join(''), rest.has_more, rest.first_id, rest.last_id]
  }

  test.each([
    ['', ['abcde', false, 'a', 'e']],
    ['beta=true', ['abcde', false, 'a', 'e']],
    ['limit=2', ['ab', true, 'a', 'b']],
    ['limit=2&after_id=b', ['cd', true, 'c', 'd']],
    ['limit=2&after_id=d', ['e', false, 'e', 'e']],
    ['after_id=e', ['', false, null, null]],
    ['after_id=unknown', ['', false, null, null]],
    ['before_id=c', ['ab', false, 'a', 'b']],
    ['limit=1&before_id=c', ['b', true, 'b', 'b']],
    ['before_id=unknown', ['', false, null, null]],
    ['lifecycle%5B%5D=active&lifecycle%5B%5D=deprecated&limit=2', ['ab', true, 'a', 'b']],
    ['lifecycle%5B%5D=deprecated&lifecycle%5B%5D=retired', ['', false, null, null]],
  ])('%j', (query, expected) => {
    expect(page(query)).toEqual(expected)
  })

  test('is whole where no page is asked for', () => {
    expect(anthropicModelList(['a']).data.map(({ id }) => id)).toEqual(['a'])
    expect(anthropicModelList([])).toEqual({ data: [], has_more: false, first_id: null, last_id: null })
  })

  test.each([
    ['limit=0', 'invalid_field limit'],
    ['limit=1001', 'invalid_field limit'],
    ['limit=1e3', 'invalid_field limit'],
    ['limit=1&limit=2', 'invalid_field query'],
    ['after_id=', 'invalid_field after_id'],
    ['after_id=a&before_id=b', 'invalid_field before_id'],
    ['beta=1', 'invalid_field beta'],
    ['lifecycle%5B%5D=unborn', 'invalid_field lifecycle[]'],
    ['lifecycle=active', 'unknown_field query'],
    ['order=asc', 'unknown_field query'],
  ])('takes no %s', (query, outcome) => {
    expect(outcomeOf(() => anthropicPage(query))).toBe(outcome)
  })
})
