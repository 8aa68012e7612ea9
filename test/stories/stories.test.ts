// One request's whole life each, as files: who calls, what the upstream saw, what the caller got, what the trail holds.
import { expect, test } from 'bun:test'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { differences } from './differences.ts'
import { readStory } from './read-story.ts'
import { tell } from './tell.ts'

const files = readdirSync(import.meta.dir).filter((name) => name.endsWith('.yaml'))

for (const file of files) {
  const story = readStory(readFileSync(join(import.meta.dir, file), 'utf8'))
  test(story.story, async () => {
    expect(await tell(story)).toEqual([])
  })
}

test('there are stories, each with a title of its own', () => {
  const titles = files.map((file) => readStory(readFileSync(join(import.meta.dir, file), 'utf8')).story)
  expect(files.length).toBeGreaterThanOrEqual(25)
  expect(new Set(titles).size).toBe(files.length)
})

const DENIED = `story: a denial that is told the way it happens
call: { as: bob, body: { model: clinic-large, messages: [{ role: user, content: hi }] } }
upstream: []
caller: { status: 403, json: { error: { code: not_permitted } } }
trail: { decision: { decision: deny }, outcome: { status: 403 } }
`

test('a story that tells it wrong is found out in every part', async () => {
  const wrong = DENIED.replace('upstream: []', 'upstream: [{ json: { model: harbor-large } }]')
    .replace('{ status: 403, json', '{ status: 200, contains: [welcome], lacks: [clinicians], json')
    .replace('code: not_permitted', 'code: null')
    .replace('decision: deny', 'decision: allow, action: infer, grounds: null')
    .replace('outcome: { status: 403 }', 'outcome: { status: 403, reason: internal }, lacks: [clinic-large]')
  const found = await tell(readStory(wrong))
  expect(found.map((line) => line.split(' is ')[0]?.split(':')[0])).toEqual([
    'caller.status',
    'caller.json.error.code',
    "caller's body lacks welcome",
    "caller's body holds clinicians",
    'upstream.length',
    'trail.decision.decision',
    'trail.decision.grounds',
    'trail.outcome.reason',
    'the trail holds clinic-large',
  ])
  expect(await tell(readStory(DENIED))).toEqual([])
})

test('a story with an unknown key, a part left out or a key twice is no story', () => {
  expect(() => readStory(DENIED)).not.toThrow()
  for (const [from, to] of [
    ['caller: { status', 'caller: { stauts: 403, status'],
    ['as: bob', 'as: bob, token: none'],
    ['as: bob', 'as: mallory'],
    ['upstream: []\n', ''],
    ['upstream: []\n', 'upstream: []\nexpect: nothing\n'],
    ['upstream: []\n', 'upstream: []\nupstream: []\n'],
    ['upstream: []', 'upstream: [{ mdoel: x }]'],
    ['outcome: { status: 403 }', 'outcomes: { status: 403 }'],
  ] as const) {
    expect(() => readStory(DENIED.replace(from, to))).toThrow()
  }
})

test('a record is told in part, a list whole, and null is told of what is absent', () => {
  expect(differences({ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 })).toEqual([])
  expect(differences({ a: [1] }, { a: [1, 2] })).toEqual(['a has 2 items, told are 1: [1,2]'])
  expect(differences({ a: null }, { a: 0 })).toEqual(['a is 0, told is: nothing'])
  expect(differences({ a: null }, {})).toEqual([])
  expect(differences({ a: {} }, { a: [] })).toEqual(['a is [], told is a record'])
  expect(differences([{ a: 1 }], [{ a: '1' }])).toEqual(['[0].a is "1", told is 1'])
})
