// One request, start to end. A step is given only what earlier steps made, so none can be left out.
import { approve } from './approve.ts'
import { decide } from './decide.ts'
import { examine } from './examine.ts'
import type { Exchange } from './exchange.ts'
import { forward } from './forward.ts'
import type { Gate } from './gate.ts'
import { identify } from './identify.ts'
import { record } from './record.ts'
import { refuse } from './refuse.ts'
import { understand } from './understand.ts'
import { watch } from './watch.ts'

export async function serve(exchange: Exchange, gate: Gate): Promise<Response> {
  try {
    const principal = await identify(exchange, gate) // who is calling, for whom, in which session?
    const wish = await understand(exchange, principal) // what would happen: one or more accesses
    const seen = await examine(wish, gate) // inspected and redacted, unless denied whatever is found
    const decision = decide(seen, gate) // allow | ask | deny
    const receipt = await record(seen, decision, gate) // nothing passes unrecorded
    const permit = await approve(seen, decision, receipt, gate) // must a person agree?
    const answer = await forward(permit, gate) // the permit's request, its targets, our credential
    return await watch(answer, permit, gate) // what comes back is untrusted; closes the record
  } catch (error) {
    return refuse(error, exchange, gate) // in the caller's own protocol
  }
}
