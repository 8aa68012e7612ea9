// The suite `openai`: every feature of the official client on the routes that are served.
import type { Case } from '../suite.ts'
import { answers } from './answers.ts'
import { errors } from './errors.ts'
import { requests } from './requests.ts'
import { streams } from './streams.ts'
import { structured } from './structured.ts'
import { tools } from './tools.ts'

export const openai: readonly Case[] = [...answers, ...streams, ...tools, ...structured, ...requests, ...errors]
