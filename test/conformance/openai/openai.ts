// The suite `openai`: every feature of the official client on the routes that are served, and of the Vercel SDK on top of them.
import type { Case } from '../suite.ts'
import { aiSdkTools } from './ai-sdk-tools.ts'
import { aiSdk } from './ai-sdk.ts'
import { answers } from './answers.ts'
import { completions } from './completions.ts'
import { deniedActs } from './denied.ts'
import { errors } from './errors.ts'
import { notServed } from './not-served.ts'
import { redaction } from './redaction.ts'
import { requests } from './requests.ts'
import { responseRequests } from './response-requests.ts'
import { responseState } from './response-state.ts'
import { responseStreams } from './response-streams.ts'
import { responseStructured } from './response-structured.ts'
import { responseTools } from './response-tools.ts'
import { responses } from './responses.ts'
import { streams } from './streams.ts'
import { structured } from './structured.ts'
import { tools } from './tools.ts'
import { vectors } from './vectors.ts'

const CHAT = [...answers, ...streams, ...tools, ...structured, ...requests, ...errors]

const RESPONSES = [
  ...responses,
  ...responseStreams,
  ...responseTools,
  ...responseStructured,
  ...responseState,
  ...responseRequests,
]

export const openai: readonly Case[] = [
  ...CHAT,
  ...RESPONSES,
  ...completions,
  ...vectors,
  ...deniedActs,
  ...notServed,
  ...redaction,
  ...aiSdk,
  ...aiSdkTools,
]
