// Who may import whom. The table of docs/architecture.md, as rules; `scripts/layers.ts` runs them and counts modules.
const folders = {
  lib: [],
  access: [],
  identity: ['access', 'lib'],
  protocols: ['access', 'lib'],
  policy: ['access', 'lib'],
  approvals: ['access', 'lib'],
  upstream: ['access', 'lib'],
  inspectors: ['access', 'lib'],
  audit: ['access', 'lib'],
  store: ['access', 'lib'],
  telemetry: ['access', 'lib'],
  gateway: [
    'access',
    'lib',
    'identity',
    'protocols',
    'policy',
    'approvals',
    'upstream',
    'inspectors',
    'audit',
    'telemetry',
  ],
  authorization: ['access', 'lib', 'identity', 'protocols', 'policy', 'approvals', 'upstream', 'inspectors', 'audit'],
  control: ['access', 'lib', 'identity', 'policy', 'approvals', 'audit', 'telemetry'],
  demo: ['lib'],
  commands: [
    'access',
    'lib',
    'identity',
    'protocols',
    'policy',
    'approvals',
    'upstream',
    'inspectors',
    'audit',
    'gateway',
    'authorization',
    'control',
    'store',
    'telemetry',
    'demo',
  ],
}

const FOR_TESTS = '([.-]fixture|/test-log|/test-tree)\\.ts$'

const layers = Object.entries(folders).map(([folder, allowed]) => ({
  name: `${folder}-may-import`,
  severity: 'error',
  comment: `src/${folder} may import ${allowed.length === 0 ? 'nothing of ours' : allowed.join(', ')}`,
  from: { path: `^src/${folder}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
}))

export default {
  forbidden: [
    ...layers,
    {
      name: 'nobody-imports-main',
      severity: 'error',
      from: {},
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'access-is-vocabulary',
      severity: 'error',
      comment: 'src/access may import nothing at all, not even a library',
      from: { path: '^src/access/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^src/access/' },
    },
    {
      name: 'the-verifier-shares-no-code-with-the-writer',
      severity: 'error',
      from: { path: '^src/audit/verify', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(?!audit/verify)' },
    },
    {
      name: 'the-witness-shares-no-code-with-the-writer',
      severity: 'error',
      comment:
        'src/audit/witness may import src/audit/verify, access and lib; witness-chore.ts is the log’s side of it',
      from: { path: '^src/audit/witness/(?!witness-chore)', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(?!audit/witness/(?!witness-chore)|audit/verify/|access/|lib/)' },
    },
    {
      name: 'what-is-for-tests-stays-with-tests',
      severity: 'error',
      comment: 'fixtures, and logs and trees that tests make, are no part of the product',
      from: { path: '^src/', pathNot: `\\.test\\.ts$|${FOR_TESTS}` },
      to: { path: FOR_TESTS },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^bun(:|$)' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
