// Chats, mail and calls.
import { ALNUM, BASE64URL, chars, DIGIT, HEX, LOWER_ALNUM, LOWER_HEX } from '#inspectors/credentials/chars.ts'
import { type Format, isParted, opens, type Reading } from '#inspectors/credentials/reading.ts'
import { part, token, walk } from '#inspectors/credentials/token.ts'

const SLACK = part(chars('A-Z', 'a-z', '0-9', '-'), 10, 250)

/** Numbers of the workspace and the user, then the secret; the oldest kind has one word only. */
const slackShape = (value: string): boolean =>
  (/^xox[a-z](?:-\d+){1,4}-[A-Za-z0-9]{6,}$/.test(value) && /\d[A-Za-z0-9]*$/.test(value)) ||
  /^xox[a-z]-(?:2-)?\d{6,}-\d{8,}(?:-[A-Za-z0-9]+)*$/.test(value)
const slackOld = (value: string): boolean =>
  slackShape(value) ||
  (/^xox[ar]-(?:\d-)?[0-9a-zA-Z]{8,48}$/.test(value) && /\d/.test(value.slice(5)) && /[a-z]/.test(value.slice(5)))

const slack = [
  ...['xoxb-', 'xoxp-', 'xoxs-', 'xoxo-', 'xoxe-'].map((prefix) =>
    token('slack-token', prefix, [SLACK], { accept: slackShape }),
  ),
  ...['xoxa-', 'xoxr-'].map((prefix) => token('slack-token', prefix, [SLACK], { accept: slackOld })),
  token('slack-token', 'xoxc-', [SLACK], { accept: slackShape }),
  token('slack-token', 'xoxe.xoxp-', [part(DIGIT, 1), '-', part(ALNUM, 120, 250)]),
  token('slack-token', 'xoxe.xoxb-', [part(DIGIT, 1), '-', part(ALNUM, 120, 250)]),
  token('slack-token', 'xoxe-', [part(DIGIT, 1), '-', part(ALNUM, 120, 250)]),
  token('slack-token', 'xapp-', [
    part(DIGIT, 1),
    '-',
    part(ALNUM, 8, 16),
    '-',
    part(DIGIT, 8, 16),
    '-',
    part(ALNUM, 50, 80),
  ]),
  token('slack-webhook', 'hooks.slack.com/services/', [part(chars('A-Z', 'a-z', '0-9', '+/'), 30, 90)], {
    accept: webhook,
  }),
  token('slack-webhook', 'hooks.slack.com/workflows/', [part(chars('A-Z', 'a-z', '0-9', '+/'), 30, 90)], {
    accept: webhook,
  }),
]

function webhook(value: string): boolean {
  return /\d/.test(value) && !/X{5}|0{8}/.test(value)
}

/** The bot's number is public and stays; its secret begins with `AA`. */
const telegram: Format = {
  anchor: ':AA',
  lead: 1,
  rank: 1,
  verify(reading, at) {
    const number = /(?:bot)?\d{8,10}$/.exec(reading.text.slice(Math.max(0, at - 16), at))?.[0]
    if (number === undefined || !opens(reading.text, at - number.length, reading.gap)) return 'no'
    const end = walk(reading, at + 1, [part(BASE64URL, 35)])
    return typeof end === 'string' ? end : { start: at + 1, end, kind: 'telegram-token' }
  },
}

const afterHex = (_: string, { text, gap }: Reading, at: number): boolean =>
  !/[0-9a-f-]/.test(text[at - 1] ?? '') || isParted(text, at, gap)

export const CHAT: readonly Format[] = [
  ...slack,
  telegram,
  token('teams-webhook', '.webhook.office.com/webhookb2/', [part(chars('a-z', 'A-Z', '0-9', '@/-'), 80, 250)], {
    opens: false,
  }),
  token('discord-webhook', 'discord.com/api/webhooks/', [part(DIGIT, 17, 20), '/', part(BASE64URL, 60, 72)], {
    opens: false,
  }),
  token('discord-webhook', 'discordapp.com/api/webhooks/', [part(DIGIT, 17, 20), '/', part(BASE64URL, 60, 72)], {
    opens: false,
  }),
  token('twilio-key', 'SK', [part(HEX, 32)]),
  token('twilio-account', 'AC', [part(LOWER_HEX, 32)]),
  token('sendgrid-key', 'SG.', [
    part(chars('A-Z', 'a-z', '0-9', '=_-'), 16, 32),
    '.',
    part(chars('A-Z', 'a-z', '0-9', '=_-'), 30, 48),
  ]),
  token('sendgrid-key', 'SG.', [part(chars('A-Z', 'a-z', '0-9', '=_.-'), 66)], {
    accept: (value) => /\d/.test(value) && !value.includes('..'),
  }),
  token('sendinblue-key', 'xkeysib-', [part(LOWER_HEX, 64), '-', part(ALNUM, 16)]),
  token('sendinblue-key', 'xsmtpsib-', [part(LOWER_HEX, 64), '-', part(ALNUM, 16)]),
  token('mailgun-key', 'key-', [part(LOWER_HEX, 32)], { accept: afterHex }),
  token('mailgun-key', 'pubkey-', [part(LOWER_HEX, 32)]),
  token('intercom-token', 'dG9rO', [part(chars('A-Z', 'a-z', '0-9', '+/='), 50, 80)]),
  token('frameio-token', 'fio-u-', [part(chars('A-Z', 'a-z', '0-9', '=_-'), 64)]),
  token('zapier-webhook', 'hooks.zapier.com/hooks/catch/', [part(DIGIT, 4, 12), '/', part(LOWER_ALNUM, 6, 20)]),
]
