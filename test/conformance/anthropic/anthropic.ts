// The suite `anthropic`: every feature of the official clients on the routes that are served.
import type { Case } from '../suite.ts'
import { acts } from './acts.ts'
import { aiSdk } from './ai-sdk.ts'
import { aiSdkTools } from './ai-sdk-tools.ts'
import { answers } from './answers.ts'
import { content } from './content.ts'
import { errors } from './errors.ts'
import { models } from './models.ts'
import { redaction } from './redaction.ts'
import { requests } from './requests.ts'
import { runners } from './runners.ts'
import { streams } from './streams.ts'
import { structured } from './structured.ts'
import { tools } from './tools.ts'

export const anthropic: readonly Case[] = [
  ...answers,
  ...content,
  ...streams,
  ...tools,
  ...runners,
  ...structured,
  ...requests,
  ...models,
  ...errors,
  ...acts,
  ...redaction,
  ...aiSdk,
  ...aiSdkTools,
]
