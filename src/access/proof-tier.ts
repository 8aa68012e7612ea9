// How far a proof reaches by itself, whatever policy permits and whatever is shown beside a session that was begun with it. What is
// proven by a key and an address is proven by what others may have copied, from a place where others may sit.
import { chainOf, type Principal, type ProofMethod } from './principal.ts'

type Tier = 1 | 2 | 3

const MOST: Readonly<Record<ProofMethod, Tier>> = {
  jwt: 3,
  'key-and-network': 1,
  'key-and-user-token': 3,
  'personal-key': 1,
  'client-assertion': 3,
  session: 3,
}

/** A chain reaches as far as its weakest proof. */
export const mostTier = (principal: Principal): Tier =>
  chainOf(principal).reduce<Tier>((most, { proof }) => (MOST[proof.method] < most ? MOST[proof.method] : most), 3)
