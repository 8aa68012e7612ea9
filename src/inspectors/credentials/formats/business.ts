// Payments, shops, work and monitoring.
import { ALNUM, BASE64URL, chars, HEX, LOWER_ALNUM, LOWER_HEX, UPPER_ALNUM } from '#inspectors/credentials/chars.ts'
import type { Format } from '#inspectors/credentials/reading.ts'
import { longToken, part, token } from '#inspectors/credentials/token.ts'

const stripe = ['sk_live_', 'sk_test_', 'sk_prod_', 'rk_live_', 'rk_test_', 'rk_prod_'].map((prefix) =>
  token('stripe-key', prefix, [part(ALNUM, 24, 250)]),
)
const plaid = ['access-sandbox-', 'access-development-', 'access-production-'].map((prefix) =>
  token('plaid-token', prefix, [part(LOWER_HEX, 8), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 12)]),
)
const LOOSE = chars('A-Z', 'a-z', '0-9', '=_-')
const digits = (value: string): boolean => /\d/.test(value)

const payments = [
  ...stripe,
  ...plaid,
  token('stripe-webhook-secret', 'whsec_', [part(chars('A-Z', 'a-z', '0-9', '+/='), 24, 80)]),
  token('square-token', 'sq0csp-', [part(chars('A-Z', 'a-z', '0-9', '_\\[]-'), 43)]),
  token('square-token', 'sq0atp-', [part(BASE64URL, 22)]),
  token('square-token', 'EAAA', [part(BASE64URL, 22, 60)], { accept: digits }),
  token('paypal-token', 'access_token$production$', [part(LOWER_ALNUM, 16), '$', part(LOWER_HEX, 32)]),
  token('flutterwave-key', 'FLWSECK_TEST-', [part(LOWER_ALNUM, 12, 40)]),
  token('flutterwave-key', 'FLWPUBK_TEST-', [part(LOWER_ALNUM, 32)]),
  token('flutterwave-key', 'FLWSECK-', [part(LOWER_ALNUM, 32, 48)]),
  token('easypost-key', 'EZTK', [part(ALNUM, 54)]),
  token('easypost-key', 'EZAK', [part(ALNUM, 54)]),
  token('duffel-token', 'duffel_test_', [part(LOOSE, 43)]),
  token('duffel-token', 'duffel_live_', [part(LOOSE, 43)]),
  token('shippo-token', 'shippo_live_', [part(LOWER_HEX, 40)]),
  token('shippo-token', 'shippo_test_', [part(LOWER_HEX, 40)]),
  token('lob-key', 'live_pub_', [part(LOWER_HEX, 31)]),
  token('lob-key', 'test_pub_', [part(LOWER_HEX, 31)]),
  token('razorpay-key', 'rzp_live_', [part(ALNUM, 14)]),
  token('razorpay-key', 'rzp_test_', [part(ALNUM, 14)]),
  token('adyen-key', 'AQE', [part(chars('A-Z', 'a-z', '0-9', '+/=-'), 100, 250)], { accept: digits }),
]

const work = [
  token('asana-token', '1/', [part(chars('0-9'), 15, 17), ':', part(LOWER_HEX, 32)]),
  token('linear-key', 'lin_api_', [part(ALNUM, 36, 48)]),
  token('linear-key', 'lin_oauth_', [part(LOWER_HEX, 64)]),
  token('notion-token', 'ntn_', [part(chars('0-9'), 11), part(ALNUM, 35)]),
  token('airtable-token', 'pat', [part(ALNUM, 14), '.', part(LOWER_HEX, 64)]),
  token('figma-token', 'figd_', [part(BASE64URL, 38, 48)], { accept: digits }),
  token('1password-secret-key', 'A3-', [part(UPPER_ALNUM, 6), '-', part(UPPER_ALNUM, 11), '-', part(UPPER_ALNUM, 5), '-', part(UPPER_ALNUM, 5), '-', part(UPPER_ALNUM, 5)], { accept: digits }),
  token('1password-secret-key', 'A3-', [part(UPPER_ALNUM, 6), '-', part(UPPER_ALNUM, 6), '-', part(UPPER_ALNUM, 5), '-', part(UPPER_ALNUM, 5), '-', part(UPPER_ALNUM, 5), '-', part(UPPER_ALNUM, 5)], { accept: digits }),
  longToken('1password-token', 'ops_eyJ', chars('A-Z', 'a-z', '0-9', '+/=_-'), 100),
  token('age-secret-key', 'AGE-SECRET-KEY-1', [part(chars('Q', 'P', 'Z', 'R', 'Y', '9', 'X', '8', 'G', 'F', '2', 'T', 'V', 'D', 'W', '0', 'S', '3', 'J', 'N', '5', '4', 'K', 'H', 'C', 'E', '6', 'M', 'U', 'A', '7', 'L'), 58)]),
  token('contentful-token', 'CFPAT-', [part(BASE64URL, 43)]),
  token('hubspot-token', 'pat-na1-', [part(LOWER_HEX, 8), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 12)]),
  token('hubspot-token', 'pat-eu1-', [part(LOWER_HEX, 8), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 12)]),
  token('adobe-secret', 'p8e-', [part(ALNUM, 32)], { accept: digits }),
  token('adafruit-key', 'aio_', [part(ALNUM, 28)]),
  token('harness-token', 'pat.', [part(BASE64URL, 22), '.', part(HEX, 24), '.', part(ALNUM, 20)]),
  token('harness-token', 'sat.', [part(BASE64URL, 22), '.', part(HEX, 24), '.', part(ALNUM, 20)]),
  longToken('dropbox-token', 'sl.', chars('A-Z', 'a-z', '0-9', '=_-'), 130),
  token('beamer-key', 'b_', [part(LOOSE, 44)], { accept: digits }),
  token('intra42-secret', 's-s4t2ud-', [part(LOWER_HEX, 64)]),
  token('intra42-secret', 's-s4t2af-', [part(LOWER_HEX, 64)]),
  longToken('facebook-token', 'EAACEdEose0cBA', ALNUM, 20),
  longToken('facebook-token', 'EAAC', ALNUM, 96),
  longToken('facebook-token', 'EAAM', ALNUM, 96),
  token('mapbox-token', 'pk.', [part(ALNUM, 60), '.', part(ALNUM, 22)]),
  token('mapbox-token', 'sk.', [part(ALNUM, 60, 100), '.', part(ALNUM, 22)]),
]

const monitoring = [
  token('grafana-token', 'glsa_', [part(ALNUM, 32), '_', part(HEX, 8)]),
  token('grafana-token', 'glc_', [part(chars('A-Z', 'a-z', '0-9', '+/='), 32, 400)], { accept: (value) => value.startsWith('glc_eyJ') }),
  longToken('grafana-token', 'eyJrIjoi', chars('A-Z', 'a-z', '0-9', '+/='), 60),
  token('new-relic-key', 'NRAK-', [part(ALNUM, 27)]),
  token('new-relic-key', 'NRJS-', [part(LOWER_HEX, 19)]),
  token('new-relic-key', 'NRII-', [part(chars('A-Z', 'a-z', '0-9', '_-'), 32)]),
  token('dynatrace-token', 'dt0c01.', [part(ALNUM, 24), '.', part(ALNUM, 64)]),
  token('sentry-token', 'sntryu_', [part(LOWER_HEX, 64)]),
  longToken('sentry-token', 'sntrys_eyJ', chars('A-Z', 'a-z', '0-9', '+/=_'), 60),
  token('launchdarkly-key', 'sdk-', [part(LOWER_HEX, 8), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 12)]),
  token('launchdarkly-key', 'api-', [part(LOWER_HEX, 8), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 4), '-', part(LOWER_HEX, 12)]),
]

export const BUSINESS: readonly Format[] = [...payments, ...work, ...monitoring]
