// What came of an exchange is API Activity [6003], too: the same call, with its response. Who called stands in the decision before it;
// where that is not at hand, the actor is unknown and `metadata.correlation_uid` leads to it.
import type { ReadEntry } from '#audit/read.ts'
import { type Fields, fieldsOf, numberOf, present, recordsOf, textOf } from './logged.ts'
import { activityOf, apiOf, modelOf, splitTarget } from './ocsf-decision.ts'
import {
  actorOf,
  type Draft,
  FAILURE,
  otherStatus,
  resourceOf,
  type Severity,
  sourceOf,
  SUCCESS,
} from './ocsf-event.ts'
import type { OpenDecision } from './open-exchanges.ts'

/** Undefined where it is not shaped as an outcome. */
export function outcomeEvent(entry: ReadEntry, decision: OpenDecision | undefined): Draft | undefined {
  const ended = textOf(entry['ended'])
  const status = numberOf(entry['status'])
  if (ended === undefined || status === undefined) return undefined
  const of = decision?.fields ?? {}
  const action = textOf(of['action']) ?? 'unknown'
  const resource = resourceOf(of['resource'])
  const model = answeredBy(entry) ?? modelOf(of)
  const us = numberOf(entry['us'])
  const reason = textOf(entry['reason'])
  return {
    category: 6,
    uid: 6003,
    activity: decision ? activityOf(action) : 0,
    activityName: decision ? action : 'Unknown',
    severity: severityOf(ended, entry),
    ...(model && { profiles: ['ai_operation'] }),
    attributes: {
      ...statusOf(ended),
      ...present({
        status_code: status === 0 ? undefined : String(status),
        status_detail: reason,
        message: `${ended}: status ${status}${reason === undefined ? '' : ` (${reason})`}`,
        duration: us === undefined ? undefined : Math.round(us / 1_000),
        actor: actorOf(fieldsOf(of['principal']), textOf(of['session'])),
        api: apiOf({ protocol: of['protocol'], exchange: entry['exchange'] }, action, status),
        src_endpoint: sourceOf(textOf(of['source']), textOf(of['via'])),
        http_response: status === 0 ? undefined : present({ code: status, body_length: numberOf(entry['bytes']) }),
        resources: resource && [resource],
        ai_model: model,
        message_context: usageOf(entry, of),
      }),
    },
    // The duration is in milliseconds: `us` stays beside it.
    mapped: ['status', 'reason', ...(status === 0 ? [] : ['bytes'])],
  }
}

function statusOf(ended: string): Fields {
  switch (ended) {
    case 'complete':
      return SUCCESS
    case 'refused':
    case 'upstream-failed':
      return FAILURE
    case 'unknown':
      return { status_id: 0, status: 'Unknown' }
    default:
      return otherStatus(ended)
  }
}

function severityOf(ended: string, entry: Fields): Severity {
  if (recordsOf(entry['findings']).some(({ action }) => action === 'block' || action === 'redact')) return 3
  return ended === 'upstream-failed' || ended === 'unknown' ? 2 : 1
}

/** The model of the last attempt. */
function answeredBy(entry: Fields): Fields | undefined {
  const [provider, name] = splitTarget(textOf(recordsOf(entry['attempts']).at(-1)?.['target']))
  return provider === undefined || name === undefined ? undefined : { ai_provider: provider, name }
}

/** Tokens. The object needs a service or an application: it is the protocol that was spoken. */
function usageOf(entry: Fields, decision: Fields): Fields | undefined {
  const usage = fieldsOf(entry['usage'])
  const input = numberOf(usage?.['input'])
  const output = numberOf(usage?.['output'])
  if (input === undefined && output === undefined) return undefined
  return present({
    uid: textOf(entry['exchange']),
    service: { name: textOf(decision['protocol']) ?? 'Unknown' },
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input === undefined || output === undefined ? undefined : input + output,
  })
}
