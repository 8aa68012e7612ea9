import { expect, test } from 'bun:test'
import { CLINIC, loadClinic, printed } from './clinic-fixture.ts'

async function faults(cedar: string): Promise<readonly string[]> {
  const text = `${CLINIC['policies/models.cedar']}${cedar}\n`
  const lines = printed(await loadClinic({ 'policies/models.cedar': text }))
  return lines.map((line) => line.replace('policies/models.cedar:', ''))
}

const LATER = 'Remove it: this version would not do what it asks for.'

const WRONG: readonly (readonly [name: string, cedar: string, problems: readonly string[]])[] = [
  [
    'a policy without an id',
    'permit (principal, action == Action::"infer", resource);',
    ['7:1 : has no @id | Begin it with @id("what-it-says"): decisions and audit entries name it.'],
  ],
  [
    'an id that stands twice',
    '@id("billing-uses-the-small-model") permit (principal, action == Action::"infer", resource);',
    [
      '7:1 billing-uses-the-small-model: has the id of another policy: policies/models.cedar:5 | Give it an @id of its own.',
    ],
  ],
  [
    'an id of our own',
    '@id("sallyport:x") permit (principal, action == Action::"infer", resource);',
    ["7:1 sallyport:x: has an @id that begins with sallyport: | Choose another: these ids are Sallyport's own."],
  ],
  [
    'an id that is no name',
    '@id("a b") permit (principal, action == Action::"infer", resource);',
    ['7:1 a b: has an @id that is not a name: "a b" | Use letters, digits, dot, dash, colon and slash.'],
  ],
  [
    'an unknown annotation',
    '@id("x") @tel("y") permit (principal, action == Action::"infer", resource);',
    ['7:10 x: has an unknown annotation: @tel | Did you mean tell?'],
  ],
  [
    'an empty @tell',
    '@id("x") @tell("") permit (principal, action == Action::"infer", resource);',
    ['7:10 x: has an empty @tell | Write what a caller may be told, or remove it.'],
  ],
  [
    'an annotation that is not served',
    '@id("x") @approval("f") forbid (principal, action == Action::"infer", resource);',
    [`7:10 x: @approval is not supported yet | ${LATER}`],
  ],
  [
    'a template',
    '@id("x") permit (principal == ?principal, action == Action::"infer", resource);',
    ['7:1 x: is a template (?principal) | Write a policy for each: templates are not supported.'],
  ],
  [
    'an unknown team',
    '@id("x") permit (principal in Team::"biling", action == Action::"infer", resource);',
    ['7:31 x: names a Team that does not exist: "biling" | Did you mean billing?'],
  ],
  [
    'an unknown model in a condition',
    '@id("x") permit (principal, action == Action::"infer", resource)\nwhen { resource == Model::"clinic-smal" };',
    ['8:20 x: names a Model that does not exist: "clinic-smal" | Did you mean clinic-small?'],
  ],
  [
    'an unknown system',
    '@id("x") permit (principal, action == Action::"infer", resource in System::"clinics");',
    ['7:68 x: names a System that does not exist: "clinics" | Did you mean clinic?'],
  ],
  [
    'an unknown provider',
    '@id("x") permit (principal, action == Action::"infer", resource) when { [Provider::"dem"].isEmpty() };',
    ['7:74 x: names a Provider that does not exist: "dem" | Did you mean demo?'],
  ],
  [
    'an unknown action',
    '@id("x") permit (principal, action == Action::"infr", resource);',
    ['7:39 x: names an action that does not exist: "infr" | Did you mean infer?'],
  ],
  [
    'an unknown type',
    '@id("x") permit (principal is Usr, action == Action::"infer", resource);',
    ['7:31 x: names a type that does not exist: "Usr" | Did you mean User?'],
  ],
  [
    'an unknown attribute of the context',
    '@id("x") forbid (principal, action == Action::"infer", resource) when { context.streming };',
    ['7:73 x: context has no attribute streming | Did you mean streaming?'],
  ],
  [
    'an attribute that another action has',
    '@id("x") forbid (principal, action, resource) when { context.streaming };',
    ['7:54 x: reads context.streaming, which read does not have | Name its actions: action == Action::"infer".'],
  ],
  [
    'an optional attribute read unguarded',
    '@id("x") forbid (principal is User, action == Action::"infer", resource) when { principal.ward == "b" };',
    [
      "7:81 x: unable to guarantee safety of access to optional attribute `ward` on entity type `User` | Try testing for the attribute's presence with `e has ward && ..`.",
    ],
  ],
  [
    'a claim that the bundle does not name',
    '@id("x") forbid (principal, action == Action::"infer", resource) when { context.claimed.headers has "x-other" };',
    [
      '! 7:1 x: can never apply: no request fits its scope and conditions | Remove it, or look at its types: who asks what of what?',
    ],
  ],
  [
    'a scope that nothing fits',
    '@id("x") permit (principal, action == Action::"read", resource is Model);',
    [
      '! 7:1 x: can never apply: no request fits its scope and conditions | Remove it, or look at its types: who asks what of what?',
    ],
  ],
  [
    'an application that no issuer names',
    '@id("x") permit (principal == App::"ci", action == Action::"infer", resource);',
    ['! 7:31 x: names App::"ci", whom no issuer could name: it can never match | Principals here are named User::….'],
  ],
]

for (const [name, cedar, problems] of WRONG) {
  test(`${name} is told, with place and fix`, async () => {
    expect(await faults(cedar)).toEqual([...problems])
  })
}

test('what is not Cedar is told with its line', async () => {
  const [first, second] = await faults('@id("x") permit (principal, action == Action::"infer" resource);')
  expect(first).toStartWith('7:1 : is not Cedar: ')
  expect(second).toBeUndefined()
})

test('policies may read all that the schema has', async () => {
  const problems =
    await faults(`@id("x") forbid (principal is User, action in [Action::"infer", Action::"web-search"], resource)
when { principal has ward && principal.ward == "b" && context.claimed.headers has "x-purpose" && context.claimed.headers["x-purpose"] like "a*" }
when { context.parameters has temperature && context.parameters.temperature.greaterThan(decimal("1.0")) }
when { context.source.isInRange(ip("10.0.0.0/8")) && context.now < datetime("2030-01-01") && context.identity.age_seconds > 3600 }
when { resource.system.tier == 1 && resource.owner == "x" && context.target.provider == "demo" && context.approvals.contains("x") }
when { context.link == "origin" && context.direct && !(context has via) && context.parameters.tools == 0 && !context.parameters.logprobs };`)
  expect(problems).toEqual([])
})
