// What nobody sees in a text: characters that Unicode lets displays ignore, format characters, and controls but for those that
// space. They are taken from the runtime's own tables of Unicode; only where those beyond the first plane begin is told here.
const UNSEEN = /^[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]$/u
const SPACING = '\t\n\r'

/** The lead surrogates of unseen characters: marks of Kaithi, hieroglyphs, shorthand and music; tags and selectors. */
const LEADS = [0xd804, 0xd80d, 0xd82f, 0xd834, 0xdb40, 0xdb41, 0xdb42, 0xdb43]

const ONE = 1
const LEAD = 2
const WIDE = 3
const BACKSLASH = 4

/** What a view may change, by the unit of UTF-16; all else passes as it is. */
export const CHANGED = Uint8Array.from({ length: 0x10000 }, (_, code) => {
  if (code >= 0xff01 && code <= 0xff5e) return WIDE
  if (code === 92) return BACKSLASH
  if (LEADS.includes(code)) return LEAD
  if ((code >= 0x20 && code < 0x7f) || (code >= 0xd800 && code < 0xe000)) return 0
  const letter = String.fromCharCode(code)
  return UNSEEN.test(letter) && !SPACING.includes(letter) ? ONE : 0
})

const PAIRS = new Map(
  LEADS.map((lead) => [
    lead,
    Uint8Array.from({ length: 0x400 }, (_, trail) => (UNSEEN.test(String.fromCharCode(lead, 0xdc00 + trail)) ? 1 : 0)),
  ]),
)

/** A letter as wide as an ideograph; the plain one is so much before it. */
export const isWide = (code: number): boolean => CHANGED[code] === WIDE
export const WIDER = 0xfee0

/** Whether two units are needed to tell. */
export const isLead = (code: number): boolean => CHANGED[code] === LEAD

/** How many units of an unseen character begin here. */
export function unseen(code: number, next: number): number {
  const change = CHANGED[code]
  if (change === ONE) return 1
  return change === LEAD && PAIRS.get(code)?.[next - 0xdc00] === 1 ? 2 : 0
}

/** Controls of ASCII: they are so rare that whoever reads the text anyway tells the view. */
export const CONTROLS: readonly number[] = Array.from({ length: 32 }, (_, code) => code).filter(
  (code) => CHANGED[code] === ONE,
)
