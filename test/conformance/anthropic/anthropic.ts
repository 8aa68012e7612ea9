// The suite `anthropic`: every feature of the official clients on the routes that are served.
import type { Case } from '../suite.ts'
import { answers } from './answers.ts'
import { content } from './content.ts'
import { runners } from './runners.ts'
import { streams } from './streams.ts'
import { tools } from './tools.ts'

export const anthropic: readonly Case[] = [...answers, ...content, ...streams, ...tools, ...runners]
