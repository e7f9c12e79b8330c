// What the buttons of the status page do: what an operator would ask of Secrets Manager and of the bus, over HTTP, and what only a laptop
// has: faults and a clock. Each says in one sentence what came of it.

import { randomUUID } from 'node:crypto'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { awsClientSettings } from '../../adapters/aws/aws-call.ts'
import { createEvents } from '../../adapters/aws/events.ts'
import { createSecrets } from '../../adapters/aws/secrets.ts'
import { LEAK_REPORTED, leakSources } from '../../core/base/event-types.ts'
import { isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import { HOUR_MS } from '../../core/base/time-units.ts'
import { settleToken } from '../../core/drive/settle-request.ts'
import { CLIENT_NAME_RULE, expectedClientName, isClientName } from '../../core/secret/client-name.ts'
import { versionLabelled } from '../../core/secret/labels.ts'
import { type Intent, makeRequestToken } from '../../core/secret/request-token.ts'
import { isScopes, SCOPE_RULE } from '../../core/secret/scope.ts'
import { isOfStage } from '../../core/secret/stage-secrets.ts'
import { LAPTOP_BUS } from '../laptop/functions.ts'
import type { Laptop } from '../laptop/laptop.ts'
import { type Fault, faultFaults } from '../stand-in/faults.ts'
import { createOperator } from '../story/operator.ts'

export interface ActResult {
  readonly isDone: boolean
  /** One sentence, for people. */
  readonly says: string
}

export interface Acts {
  /** @param input parsed JSON of whatever form. Never rejects. */
  carryOut(input: unknown): Promise<ActResult>
  close(): void
}

const done = (says: string): ActResult => ({ isDone: true, says })
const refused = (says: string): ActResult => ({ isDone: false, says })

const MAX_HOURS = 24 * 365

export const createActs = (laptop: Laptop): Acts => {
  const { address, aws, stytch, world } = laptop
  const operator = createOperator(address)
  const { secretsManager } = operator
  const eventBridge = new EventBridgeClient({
    ...awsClientSettings,
    endpoint: address.aws,
    region: address.region,
    credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' },
  })
  const secrets = createSecrets(secretsManager)
  const events = createEvents(eventBridge, LAPTOP_BUS, leakSources.security)
  const { now } = world.clock

  const secretOf = ({ secret }: JsonObject) => {
    const found = typeof secret === 'string' ? aws.peek(secret) : undefined
    return found !== undefined && isOfStage(laptop.stage, found) ? found : undefined
  }

  const tokenFor = async (secretArn: string, intent: Intent): Promise<string> => {
    if (intent !== 'settle') {
      return makeRequestToken({ origin: intent, askedAt: now(), secretArn, about: randomUUID(), attempt: 1 })
    }
    const secret = await secrets.describe(secretArn)
    const currentId = (secret && versionLabelled(secret, 'AWSCURRENT'))?.versionId ?? ''
    return settleToken({ secretArn, currentId }, await secrets.listVersions(secretArn), now())
  }

  const rotation =
    (intent: Intent) =>
    async (input: JsonObject): Promise<ActResult> => {
      const secret = secretOf(input)
      if (secret === undefined) return refused('There is no such client.')
      const reply = await secrets.rotate(secret.arn, await tokenFor(secret.arn, intent))
      if (reply === 'busy') return refused(`${secret.name} is being rotated already; wait until AWSPENDING is gone.`)
      return reply === 'gone'
        ? refused('There is no such client.')
        : done(`A ${intent} of ${secret.name} was asked for.`)
    }

  const acts: Readonly<Record<string, (input: JsonObject) => ActResult | Promise<ActResult>>> = {
    rotate: rotation('rotate'),
    settle: rotation('settle'),
    rollback: rotation('rollback'),
    register: async ({ name, scopes }) => {
      const faults: string[] = []
      if (typeof name !== 'string' || !isClientName(name)) {
        faults.push(`name: expected ${typeof name === 'string' ? expectedClientName(name) : CLIENT_NAME_RULE}`)
      }
      if (!isScopes(scopes)) faults.push(`scopes: expected each to be ${SCOPE_RULE}`)
      if (faults.length > 0) return refused(faults.join('; '))
      await operator.register(String(name), scopes as readonly string[])
      return done(`${String(name)} is registered.`)
    },
    leak: async (input) => {
      const secret = secretOf(input)
      if (secret === undefined) return refused('There is no such client.')
      const incidentId = `page-${randomUUID().slice(0, 8)}`
      const detail = {
        incidentId,
        selector: { secretNames: [secret.name] },
        reason: 'reported on the status page',
        requestedBy: 'the status page',
      }
      await events.publish([{ type: LEAK_REPORTED, detail }])
      return done(`Incident ${incidentId}: the leak of ${secret.name} is reported.`)
    },
    fault: ({ at, fault }) => {
      const server = at === 'Stytch' ? stytch.server : at === 'AWS' ? aws : undefined
      const faults = [...(server === undefined ? ['at: expected Stytch or AWS'] : []), ...faultFaults(fault)]
      if (server === undefined || faults.length > 0) return refused(faults.join('; '))
      server.faults.add(fault as Fault)
      return done(`${at} will play it.`)
    },
    calm: () => {
      stytch.server.faults.clear()
      aws.faults.clear()
      return done('No fault is left to play.')
    },
    clock: ({ hours }) => {
      if (typeof hours !== 'number' || !(hours > 0 && hours <= MAX_HOURS)) {
        return refused(`hours: expected a number over 0, up to ${MAX_HOURS}`)
      }
      world.clock.advance(hours * HOUR_MS)
      return done(`It is ${new Date(now()).toISOString()} now.`)
    },
  }

  return {
    carryOut: async (input) => {
      const act = isJsonObject(input) && typeof input.act === 'string' ? input.act : ''
      if (!isJsonObject(input) || !Object.hasOwn(acts, act)) {
        return refused(`act: expected one of ${Object.keys(acts).join(', ')}`)
      }
      try {
        return (await acts[act]?.(input)) ?? refused('There is no such act.')
      } catch (error) {
        // A message of the SDK may quote what was sent.
        return refused(`${act} failed: ${error instanceof Error ? error.name : 'unknown'}. The timeline shows where.`)
      }
    },
    close: () => {
      secretsManager.destroy()
      eventBridge.destroy()
    },
  }
}
