// What an assistant's traffic is made of: equal parts of English prose, JSON and code from this checkout, so that it is at hand,
// and every seventh part in other languages. As models write it, half of the prose has typographic quotes, dashes and emoji, a few
// a paragraph: 2 % of all characters are beyond ASCII, and half of all pieces of 16 KB hold some. The code is that of
// a gateway, and the JSON a lock file: names such as `token` and strings of base64 are more frequent than elsewhere.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const PART = 32_768

const LANGUAGES = [
  'La passerelle vérifie qui appelle, puis décide ; rien ne part avant que la réponse ait été relue. Où que l’on soit, c’est la même règle.',
  'Der Schlüssel gehört zum Dienst, nicht zur Person; wer ihn weitergibt, haftet dafür. Größere Änderungen müssen geprüft werden.',
  'El año pasado cambió la política: ahora cada sesión caduca a las doce horas. ¿Quién la aprobó? El equipo de seguridad.',
  'Zażółć gęślą jaźń, a potem sprawdź dziennik: każde żądanie ma własny numer i można je odnaleźć.',
  'Журнал хранит каждое решение вместе с причиной; изменить его задним числом нельзя, и это проверяется при запуске.',
  '网关先确认调用者的身份，再根据策略决定是否放行；每一次决定都会写入审计日志，之后无法修改。',
  'この設定を変更すると、次のリクエストから新しい規則が適用されます。古い応答には影響しません。',
  'تتحقق البوابة من هوية المتصل أولاً، ثم تقرر ما إذا كان يُسمح له بالمتابعة، ويُسجَّل كل قرار.',
  'गेटवे पहले पहचान जाँचता है, फिर नीति के अनुसार निर्णय लेता है; हर निर्णय दर्ज किया जाता है।',
]

/** About this many characters, in turns of a few thousand of each sort. */
export function ordinaryText(length: number): string {
  const prose = filesOf('docs', '.md')
  const json = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
  const code = filesOf('src', '.ts')
  const others = `${LANGUAGES.join('\n')}\n`.repeat(Math.ceil(PART / 900))
  const sorts = [prose, json, code, typographic(prose), json, code, others]
  let text = ''
  for (let turn = 0; text.length < length; turn += 1) {
    const sort = sorts[turn % sorts.length] ?? ''
    const from = (Math.floor(turn / sorts.length) * PART) % Math.max(1, sort.length - PART)
    // Other languages come in shorter parts.
    text += sort.slice(from, from + (sort === others ? PART / 4 : PART))
  }
  return Buffer.from(text.slice(0, length)).toString()
}

const typographic = (text: string): string =>
  text
    .replaceAll("'", '’')
    .replaceAll(' - ', ' — ')
    .replace(/"([^"\n]{1,80})"/g, '“$1”')
    .replaceAll('\n## ', '\n## ✅ ')
    .replaceAll('; ', ' – ')

function filesOf(folder: string, ending: string): string {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('.test.') && !name.includes('.fixture.'))
    .sort()
  let text = ''
  for (const name of names) {
    const path = join(ROOT, folder, name)
    if (text.length < 20 * PART && statSync(path).isFile()) text += readFileSync(path, 'utf8')
  }
  return text
}
