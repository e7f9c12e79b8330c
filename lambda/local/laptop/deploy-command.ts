// `npm run laptop -- --deploy FILE`: applies a configuration to a laptop that runs, and prints what changes, what is replaced, what stays, and, where
// it fails, what it was rolled back to. It is synthesised here; the laptop carries it out, and goes on with it if this is interrupted.
import { setTimeout as sleep } from 'node:timers/promises'
import { fieldsOf } from '../stand-in/fields.ts'
import { ConfigFault, readConfigFile, stackFileOf } from './assemblies.ts'
import { changeLines, endLines, eventLine } from './deployment-words.ts'
import type { Deployment } from './deployments.ts'

export interface DeployCommand {
  readonly file: string
  /** The AWS stand-in's, as the laptop's first line names it. */
  readonly origin: string
  readonly print: (line: string) => void
  /** For what goes wrong. */
  readonly warn: (line: string) => void
}

const TIMEOUT_MS = 30_000
const POLL_MS = 200
/** Looks that may fail in a row, as when the machine sleeps. */
const MOST_MISSED = 10

class Unreached extends Error {}

const ask = async (origin: string, init: RequestInit = {}): Promise<Deployment> => {
  let response: Response
  try {
    response = await fetch(`${origin}/_stand-in/deploy`, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (cause) {
    throw new Unreached(`No laptop answers at ${origin}. Start one with npm run laptop, or name its --aws-port.`, {
      cause,
    })
  }
  const { deployment, error } = fieldsOf(await response.json().catch(() => undefined))
  if (!response.ok) throw new Error(typeof error === 'string' ? error : `the laptop answered ${response.status}`)
  return deployment as Deployment
}

/** Follows it to its end, with a line an event. */
const follow = async ({ origin, print }: DeployCommand, begun: Deployment): Promise<Deployment> => {
  let shown = 0
  let missed = 0
  for (let last = begun; ; ) {
    for (const event of last.events.slice(shown)) {
      const line = eventLine(event, begun)
      if (line !== undefined) print(line)
    }
    shown = last.events.length
    if (!last.status.endsWith('_IN_PROGRESS')) return last
    await sleep(POLL_MS)
    try {
      const next = await ask(origin)
      if (next.id !== begun.id)
        throw new Error('Another deployment has begun since; the laptop prints how this one ended.')
      last = next
      missed = 0
    } catch (error) {
      missed += 1
      if (!(error instanceof Unreached) || missed > MOST_MISSED) throw error
    }
  }
}

/** @returns the exit code: 0 deployed, 1 rolled back or not reached, 2 a configuration with faults, which changes nothing */
export const runDeployCommand = async (command: DeployCommand): Promise<0 | 1 | 2> => {
  const { file, origin, print, warn } = command
  try {
    const stackFile = await stackFileOf(readConfigFile(file))
    const begun = await ask(origin, { method: 'POST', body: JSON.stringify(stackFile) })
    for (const line of changeLines(begun)) print(line)
    const ended = await follow(command, begun)
    const isDone = ended.reason === undefined
    for (const line of endLines(ended)) (isDone ? print : warn)(line)
    return isDone ? 0 : 1
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown'
    warn(error instanceof ConfigFault ? `${file}: ${message}` : message)
    return error instanceof ConfigFault ? 2 : 1
  }
}
