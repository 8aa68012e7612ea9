import { expect, test } from 'bun:test'
import { OAuthRefusal } from './oauth-refusal.ts'
import { parseTask } from './task-request.ts'

const detail = (fields: object): string => JSON.stringify([{ type: 'sallyport_task', task: 'letters', ...fields }])

const nothing = (): boolean => false

function noOf(text: string): string {
  try {
    parseTask(text, nothing)
  } catch (error) {
    if (error instanceof OAuthRefusal) return `${error.error}: ${error.error_description}`
    throw error
  }
  return 'no refusal'
}

test('a task is read as it was declared', () => {
  expect(parseTask(undefined, nothing)).toBeUndefined()
  expect(parseTask(detail({}), nothing)).toEqual({ type: 'letters', output: 'text' })
  expect(
    parseTask(
      detail({ domain: 'customer 4711', models: ['a'], actions: ['infer'], tools: [], output: 'text-and-changes' }),
      nothing,
    ),
  ).toEqual({
    type: 'letters',
    domain: 'customer 4711',
    models: ['a'],
    actions: ['infer'],
    output: 'text-and-changes',
  })
})

test('whatever else it holds is named', () => {
  const no = (text: string): string => noOf(text).replace('invalid_authorization_details: authorization_details: ', '')
  expect(noOf('{')).toBe('invalid_authorization_details: authorization_details: is no JSON, or says something twice')
  expect(no('[{"type":"sallyport_task","task":"a","models":["one"],"models":["two"]}]')).toBe(
    'is no JSON, or says something twice',
  )
  expect(no('{}')).toBe('must be a list of one object of type sallyport_task')
  expect(no('[]')).toStartWith('must be a list of one object')
  expect(no(JSON.stringify([JSON.parse(detail({}))[0], JSON.parse(detail({}))[0]]))).toStartWith(
    'must be a list of one object',
  )
  expect(no(detail({ tools: ['x'] }))).toBe('tools: must be empty: no tools are served here yet')
  expect(no(detail({ model: ['x'] }))).toContain('model')
  expect(no(detail({ actions: ['read'] }))).toStartWith('actions.0: ')
  expect(no(detail({ models: [] }))).toStartWith('models: ')
  expect(no(detail({ task: '' }))).toStartWith('task: ')
  expect(no(detail({ domain: 'a\u202eb' }))).toBe('domain: has characters that are not printable')
  expect(no(detail({ task: 'x'.repeat(129) }))).toStartWith('task: ')
})
