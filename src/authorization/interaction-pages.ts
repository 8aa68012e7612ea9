// What the pages of a login say: where to log in, whether a client may act, and why it went no further.
import type { AskingClient } from './interaction-client.ts'
import { redirectInWords } from './interaction-client.ts'
import { html, type Html, type Page } from './interaction-page.ts'
import { actionInWords, type AskedFor } from './interaction-wish.ts'

interface Choice {
  readonly uid: string
  readonly issuers: readonly { readonly name: string; readonly host: string }[]
  readonly client: AskingClient
}

/** Links, not a form: they may lead to the provider without being listed. */
export const choicePage = ({ uid, issuers, client }: Choice): Page => ({
  status: 200,
  title: issuers.length === 1 ? 'Log in' : 'Where do you log in?',
  main: html`<p>${nameOf(client)} asks you to log in.</p>
    <ul>
      ${issuers.map(
        ({ name, host }) =>
          html`<li>
            <a class="choice" href="/oauth/login/${uid}/at/${encodeURIComponent(name)}">Log in with ${name}</a>
            <div>at ${host}</div>
          </li>`,
      )}
    </ul>`,
})

export interface Consent {
  readonly uid: string
  /** Shows that the answer comes from this page. */
  readonly token: string
  readonly client: AskingClient
  readonly person: string
  /** Absent where a device waits. */
  readonly redirect?: string
  readonly asked: AskedFor
}

export const consentPage = ({ uid, token, client, person, redirect, asked }: Consent): Page => ({
  status: 200,
  title: `May ${shortNameOf(client)} act for you?`,
  main: html`<p>${nameOf(client)} asks to act for you here.</p>
    <dl>
      <dt>You are</dt>
      <dd>${person}</dd>
      <dt>Who asks</dt>
      <dd>${originOf(client)}</dd>
      <dt>The answer goes to</dt>
      <dd>${redirect === undefined ? 'the device that shows the code' : redirectInWords(redirect)}</dd>
      <dt>It may then</dt>
      <dd>${listOf(asked.scopes.map(actionInWords), 'whatever you may do here')}</dd>
      ${asked.tasks.map(
        ({ task, domain, models, actions }) =>
          html`<dt>Task</dt>
            <dd>
              ${task}${domain === undefined ? '' : `, about ${domain}`}, with the models
              ${models.join(', ') || 'that you may use'}${actions.length === 0 ? '' : `, to ${actions.join(', ')}`}
            </dd>`,
      )}
    </dl>
    <p>Only go on if you started this yourself, just now. It never may more than you may, and it is recorded.</p>
    <form method="post" action="/oauth/login/${uid}">
      <input type="hidden" name="token" value="${token}" />
      <button type="submit" name="answer" value="allow">Allow</button>
      <button type="submit" name="answer" value="deny" class="second">Deny</button>
    </form>`,
  ...(redirect !== undefined && { leadsTo: [redirect] }),
})

const listOf = (words: readonly string[], otherwise: string): Html =>
  words.length === 0
    ? html`${otherwise}`
    : html`<ul>
        ${words.map((each) => html`<li>${each}</li>`)}
      </ul>`

/** What went wrong, in words that hold no secret, and what to do. */
export const stoppedPage = (status: number, why: string, then: Html = html``): Page => ({
  status,
  title: 'It did not work',
  main: html`<p role="alert">${why}</p>
    ${then}`,
})

export const startOver = html`<p>Go back to the program that you came from, and begin again.</p>`

function nameOf(client: AskingClient): string {
  switch (client.kind) {
    case 'application':
      return `The application ${client.name}`
    case 'document':
      return `A program of ${client.host}`
    case 'program':
      return 'A program on this computer'
  }
}

const shortNameOf = (client: AskingClient): string =>
  client.kind === 'document' ? client.host : client.name || 'a program'

/** By what it cannot choose first. */
export function originOf(client: AskingClient): string {
  switch (client.kind) {
    case 'application':
      return `the application ${client.name}, which the operators of this gate admitted`
    case 'document':
      return `${client.host}${client.name ? `; it calls itself “${client.name}”` : ''}`
    case 'program':
      return `a program on this computer${client.name ? `; it calls itself “${client.name}”` : ''}`
  }
}
