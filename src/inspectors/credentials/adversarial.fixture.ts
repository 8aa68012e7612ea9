// Texts that are hard to read: for each family repeated anchors, almost-matches and long runs.

export const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  prefixes: [
    'ghp_',
    'sk-',
    'AKIA',
    'glpat-',
    `ghp_${'a1B2'.repeat(8)}- `,
    `xoxb-${'1'.repeat(60)}-`,
    `sk-${'a1'.repeat(119)} `,
    'hvs.',
    'SG.',
    'MTA',
    'v1.0-',
  ],
  jwt: ['eyJ', 'eyJhbGciOiJIUzI1NiJ9.', `eyJ${'a'.repeat(1990)}.`, 'eyJ.'],
  'private-key': [
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\n',
    '-----BEGIN PRIVATE KEY-----\nAAAABBBBCCCCDDDDa',
    '-',
  ],
  url: ['://', 'a://b:', 'http://a:b', '://a:@', 'a@b:c@'],
  authorization: ['Bearer ', 'Basic ', `Bearer ${'a1B'.repeat(333)} `, 'Basic QUFB'],
  curl: ['curl -u', ' -u', 'curl -u a', `curl -u "${'a'.repeat(240)}`, ' --user a:'],
  assignment: [
    'password=',
    'token=',
    'token="',
    'secret:',
    'key=',
    'a.token.',
    '--token ',
    'password is ',
    `token="${'a1B'.repeat(300)}`,
    'A',
    'aB',
    'a1',
    '(',
    '[{(',
    '"',
    '\\"',
    'name="value"',
    '<token>',
  ],
  comparison: ['if ("', 'if ("a" == ', `if ("${'a'.repeat(190)}" == p`],
  shapes: ['Q~', 'abc8Q~', '-us', '0a', `${'0a'.repeat(16)}-us`, 'MT', '.', '~', '_'],
  hidden: ['\u200b', 'g\u200bh\u200bp\u200b_', 'token=\u200b', '\udb40', '\u{e0041}a', '\uff21'],
  held: ['Zk7-', 'Zk7-secret/of the+gat', 'Zk', '%5a', '5a6b', 'Wms3'],
}

export const filled = (unit: string, length: number): string =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length)

/** A text of this length against one anchor: repeated, glued, with almost-matches of all lengths, and before one long run. */
export function against(anchor: string, length: number): string {
  const quarter = Math.floor(length / 4)
  const almost = Array.from({ length: 40 }, (_, index) => `${anchor}${'0a1b2c3d'.repeat(index + 1)}! `).join('')
  return [anchor, `${anchor}x9`, almost]
    .map((unit) => filled(unit, quarter))
    .concat(anchor + filled('aB3_', length - 3 * quarter - anchor.length))
    .join('')
}
