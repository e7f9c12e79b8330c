// The stand-ins' own routes under /_stand-in/, over HTTP, as somebody outside this repository would use them.
import { setTimeout as sleep } from 'node:timers/promises'
import type { BusEvent } from '../../lambda/local/aws/event-bus.ts'
import type { RotationOutcome } from '../../lambda/local/aws/rotation-driver.ts'
import type { Fault } from '../../lambda/local/stand-in/faults.ts'
import type { Call } from '../../lambda/local/stand-in/server.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export const get = async (origin: string, route: string): Promise<Answer> => {
  const response = await fetch(`${origin}/_stand-in/${route}`)
  return { status: response.status, body: await response.json() }
}

export const post = async (origin: string, route: string, body: object = {}): Promise<Answer> => {
  const response = await fetch(`${origin}/_stand-in/${route}`, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: await response.json() }
}

export const callsOf = async (origin: string): Promise<readonly Call[]> =>
  ((await get(origin, 'calls')).body as { calls: readonly Call[] }).calls

export const eventsOf = async (aws: string): Promise<readonly BusEvent[]> =>
  ((await get(aws, 'events')).body as { events: readonly BusEvent[] }).events

export const rotationsOf = async (aws: string): Promise<readonly RotationOutcome[]> =>
  ((await get(aws, 'rotations')).body as { rotations: readonly RotationOutcome[] }).rotations

export const plan = async (origin: string, fault: Fault): Promise<void> => {
  const { status, body } = await post(origin, 'faults', fault)
  if (status !== 200) throw new Error(`the fault was not taken: ${JSON.stringify(body)}`)
}

const PATIENCE_MS = 60_000

/** How a rotation or a dry run ended. */
export const endOf = async (aws: string, token: string): Promise<RotationOutcome['outcome']> => {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const end = (await rotationsOf(aws)).find((one) => one.token === token && one.outcome !== 'started')
    if (end !== undefined) return end.outcome
    if (Date.now() > deadline) throw new Error(`the rotation ${token} did not end within ${PATIENCE_MS / 1000} s`)
    await sleep(20)
  }
}
