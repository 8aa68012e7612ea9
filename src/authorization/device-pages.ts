// The pages of the device flow (RFC 8628 section 3.3): the code is typed or confirmed by a person, who then logs in as ever. A link
// that brings the code along fills it in and does no more: whoever was sent the link by somebody else reads what they are about to do.
import type { Client, Configuration } from 'oidc-provider'
import { askingClient, type AskingClient } from './interaction-client.ts'
import { html, type Page as Drawn } from './interaction-page.ts'
import { draw } from './interaction-routes.ts'
import { originOf, stoppedPage } from './interaction-pages.ts'
import type { ActiveAuthorization } from './parts.ts'
import type { ProviderContext } from './plug.ts'

const DEVICE_PATH = '/oauth/device'

interface DevicePages {
  readonly config: ActiveAuthorization['config']
  /** The code that the link brought along. */
  readonly broughtBy: (ctx: ProviderContext) => string | undefined
  /** The address that the device asked from; undefined where that is not known. */
  readonly sourceOf: (ctx: ProviderContext) => string | undefined
}

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>

export function deviceFlow({ config, broughtBy, sourceOf }: DevicePages): DeviceFlow {
  const asking = (client: Client): AskingClient => askingClient(config.applications, client)
  return {
    enabled: true,
    // 20 letters that no language makes words of, 8 of them: 25,600,000,000 codes of ten minutes.
    charset: 'base-20',
    mask: '****-****',
    deviceInfo: (ctx) => ({ source: sourceOf(ctx) }),
    userCodeInputSource(ctx, _form, _out, error) {
      draw(ctx, codePage({ token: tokenOf(ctx), code: broughtBy(ctx), trouble: error && troubleOf(error) }))
    },
    userCodeConfirmSource(ctx, _form, client, device, userCode) {
      const { source } = device as { readonly source?: string }
      draw(ctx, confirmPage({ token: tokenOf(ctx), userCode, source, client: asking(client) }))
    },
    successSource(ctx) {
      draw(ctx, { status: 200, title: 'Done', main: html`<p>Go back to your device. You may close this page.</p>` })
    },
  }
}

/** What the library compares on the way back (its form field `xsrf`). */
function tokenOf({ oidc }: ProviderContext): string {
  const secret = oidc.session?.state?.['secret']
  return typeof secret === 'string' ? secret : ''
}

function troubleOf(error: Error): string {
  switch (error.name) {
    case 'NoCodeError':
      return 'Enter the code first.'
    case 'NotFoundError':
    case 'ExpiredError':
    case 'AlreadyUsedError':
      return 'This code is not valid, or not any more.'
    case 'AbortedError':
      return 'You said no. The device got nothing.'
    default:
      return 'This did not work. Enter the code again.'
  }
}

interface CodePage {
  readonly token: string
  readonly code: string | undefined
  readonly trouble: string | undefined
}

const codePage = ({ token, code, trouble }: CodePage): Drawn => ({
  status: 200,
  title: 'Connect a device',
  main: html`${trouble === undefined ? undefined : html`<p role="alert" id="trouble">${trouble}</p>`}
    <form method="post" action="${DEVICE_PATH}">
      <input type="hidden" name="xsrf" value="${token}" />
      <label for="user_code">Code that your device shows</label>
      <input
        id="user_code"
        name="user_code"
        type="text"
        value="${code ?? ''}"
        autocomplete="off"
        autocapitalize="characters"
        spellcheck="false"
        required
        maxlength="32"
        ${trouble === undefined ? undefined : html`aria-describedby="trouble" aria-invalid="true"`}
      />
      <div><button type="submit">Continue</button></div>
    </form>`,
})

interface ConfirmPage {
  readonly token: string
  readonly userCode: string
  readonly source: string | undefined
  readonly client: AskingClient
}

const confirmPage = ({ token, userCode, source, client }: ConfirmPage): Drawn => ({
  status: 200,
  title: 'Is this your device?',
  main: html`<dl>
      <dt>Code</dt>
      <dd><code>${userCode}</code></dd>
      <dt>Program</dt>
      <dd>${programOf(client)}</dd>
      <dt>Its address</dt>
      <dd>${source ?? 'not known'}</dd>
    </dl>
    <p>
      Go on only if the device is before you and shows this code. If somebody sent you here, say no: they would act in
      your name.
    </p>
    <form method="post" action="${DEVICE_PATH}">
      <input type="hidden" name="xsrf" value="${token}" />
      <input type="hidden" name="user_code" value="${userCode}" />
      <button type="submit" name="confirm" value="yes">It is mine</button>
      <button type="submit" name="abort" value="yes" class="second">No</button>
    </form>`,
})

/** It runs on the device, which may be anywhere. */
function programOf(client: AskingClient): string {
  if (client.kind !== 'program') return originOf(client)
  return client.name ? `a program; it calls itself “${client.name}”` : 'a program without a name'
}

export const tooManyCodes = (message: string): Drawn => stoppedPage(429, message)
