import { describe, expect, test } from 'bun:test'
import type { Grant } from '#access/grant.ts'
import type { Config, ModelConfig, Tier } from '#policy/bundle/config.ts'
import { type Asked, grantOf } from './grant-request.ts'
import { OAuthRefusal } from './oauth-refusal.ts'

const model = (name: string, tier: Tier): readonly [string, ModelConfig] => [
  name,
  { name, system: { name: `system ${tier}`, tier, owner: 'x', labels: [] } } as unknown as ModelConfig,
]
const CONFIG: Pick<Config, 'models'> = { models: new Map([model('one', 1), model('two', 2), model('three', 3)]) }

const ceiling = (models: readonly string[], actions: readonly string[] = ['infer', 'embed']): Grant => ({
  of: 'a ceiling',
  models: new Set(models),
  actions: new Set(actions),
})
const NOTHING: Asked = { scope: undefined, task: undefined, jkt: undefined }
const task = (fields: object) => ({ type: 'letters', output: 'text' as const, ...fields })

function noOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof OAuthRefusal) return `${error.error}: ${error.error_description}`
    throw error
  }
  return 'no refusal'
}

describe('what is granted', () => {
  test('is what all ceilings contain, where nothing was declared', () => {
    const bounded = { ceilings: [ceiling(['one', 'two']), ceiling(['one', 'gone'], ['infer', 'store'])], networks: [] }
    expect(grantOf(NOTHING, bounded, CONFIG)).toEqual({
      tier: 1,
      task: { type: 'undeclared', models: ['one'], actions: ['infer'], tools: [], output: 'text' },
      binding: { by: 'nothing' },
      offline: false,
    })
  })

  test('is the narrower of scope and task', () => {
    const bounded = { ceilings: [ceiling(['one'])], networks: [] }
    const asked = { ...NOTHING, scope: ['infer', 'offline_access'], task: task({ actions: ['infer', 'embed'] }) }
    expect(grantOf(asked, bounded, CONFIG)).toMatchObject({ task: { actions: ['infer'] }, offline: true })
    const apart = { ...NOTHING, scope: ['infer'], task: task({ actions: ['embed'] }) }
    expect(noOf(() => grantOf(apart, bounded, CONFIG))).toBe(
      'invalid_scope: scope and authorization_details have no action in common',
    )
  })

  test('is nothing beyond any ceiling, and nothing at all is not granted', () => {
    const bounded = { ceilings: [ceiling(['one']), ceiling(['two'])], networks: [] }
    expect(noOf(() => grantOf(NOTHING, bounded, CONFIG))).toBe(
      'invalid_target: there is no model that this client may ask for',
    )
    const none = { ceilings: [ceiling(['one'], [])], networks: [] }
    expect(noOf(() => grantOf(NOTHING, none, CONFIG))).toStartWith('invalid_scope: ')
    expect(
      noOf(() => grantOf({ ...NOTHING, scope: ['store'] }, { ceilings: [ceiling(['one'])], networks: [] }, CONFIG)),
    ).toBe('invalid_scope: the action store is not among those that this client may ask for')
    expect(noOf(() => grantOf({ ...NOTHING, scope: ['read'] }, { ceilings: [], networks: [] }, CONFIG))).toStartWith(
      'invalid_scope: ',
    )
  })
})

describe('the tier', () => {
  test('is the highest among its models, and says what its tokens are bound to', () => {
    const networks = ['10.0.0.0/8']
    const of =
      (models: readonly string[], jkt?: string, from: readonly string[] = networks) =>
      () =>
        grantOf({ ...NOTHING, task: task({ models }), jkt }, { ceilings: [], networks: from }, CONFIG)
    expect(of(['one', 'two'])()).toMatchObject({ tier: 2, binding: { by: 'network', networks: ['10.0.0.0/8'] } })
    expect(of(['one'])()).toMatchObject({ tier: 1, binding: { by: 'network' } })
    expect(of(['one'], undefined, [])()).toMatchObject({ tier: 1, binding: { by: 'nothing' } })
    expect(of(['three', 'one'], 'thumb')()).toMatchObject({ tier: 3, binding: { by: 'key', jkt: 'thumb' } })
    expect(of(['one'], 'thumb')()).toMatchObject({ binding: { by: 'key', jkt: 'thumb' } })
    expect(noOf(of(['three']))).toStartWith('invalid_dpop_proof: a session of tier 3')
    expect(noOf(of(['two'], undefined, []))).toStartWith('invalid_dpop_proof: a session of tier 2')
  })
})
