// What the buttons of the status page do: what an operator would ask of Secrets Manager and of the bus, over HTTP, and what only a laptop
// has: faults and a clock. Each says in one sentence what came of it.

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { awsClientSettings } from '../../adapters/aws/aws-call.ts'
import { createEvents } from '../../adapters/aws/events.ts'
import { createSecrets } from '../../adapters/aws/secrets.ts'
import { LEAK_REPORTED, leakSources } from '../../core/base/event-types.ts'
import { filled, isJsonObject, type JsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import { HOUR_MS } from '../../core/base/time-units.ts'
import { settleToken } from '../../core/drive/settle-request.ts'
import { CLIENT_NAME_RULE, expectedClientName, isClientName } from '../../core/secret/client-name.ts'
import { versionLabelled } from '../../core/secret/labels.ts'
import { type Intent, makeRequestToken } from '../../core/secret/request-token.ts'
import { isScopes, SCOPE_RULE } from '../../core/secret/scope.ts'
import { TAG } from '../../core/secret/secret-tags.ts'
import { isOfStage, shortNameOf } from '../../core/secret/stage-secrets.ts'
import type { PeekedSecret } from '../aws/peek.ts'
import type { Laptop } from '../laptop/laptop.ts'
import { type Fault, faultFaults } from '../stand-in/faults.ts'
import type { Operator } from '../story/operator.ts'
import type { Incidents, LeakedValue } from './incidents.ts'
import { isPresetName, type Presets, presetNames } from './presets.ts'

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

/** What the page adds to what an operator may do. */
export interface PageParts {
  readonly operator: Operator
  readonly incidents: Pick<Incidents, 'attack'>
  readonly presets: Presets
  /** Says in the timeline what was done to the laptop itself. */
  readonly note: (about: string, says: string) => void
}

/** So long an attacker uses the value before its leak is reported. */
const HEAD_START_MS = 700

export const createActs = (laptop: Laptop, { operator, incidents, presets, note }: PageParts): Acts => {
  const { address, aws, stytch, world } = laptop
  const { secretsManager } = operator
  const eventBridge = new EventBridgeClient({
    ...awsClientSettings,
    endpoint: address.aws,
    region: address.region,
    credentials: { accessKeyId: 'security', secretAccessKey: 'x' },
  })
  const secrets = createSecrets(secretsManager)
  const events = createEvents(eventBridge, laptop.address.bus, leakSources.security)
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
      if (reply === 'busy')
        return refused(`${shortNameOf(laptop.stage, secret.name)} is being rotated already; wait until that has ended.`)
      return reply === 'gone'
        ? refused('There is no such client.')
        : done(`Requested: ${intent} of ${shortNameOf(laptop.stage, secret.name)}.`)
    }

  /** What an attacker has who copied AWSCURRENT. */
  const leakedValueOf = ({ versions }: PeekedSecret): LeakedValue | undefined => {
    const current = versions.find(({ stages }) => stages.includes('AWSCURRENT'))
    const value = parseJsonObject(current?.value ?? '')
    const { client_id: clientId, client_secret: clientSecret, token_url: tokenUrl } = value ?? {}
    if (current === undefined || ![clientId, clientSecret, tokenUrl].every((one) => filled(one))) return undefined
    const credentials = { clientId: String(clientId), clientSecret: String(clientSecret), tokenUrl: String(tokenUrl) }
    return { versionId: current.id, credentials }
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
      const leaked = leakedValueOf(secret)
      if (leaked !== undefined) {
        incidents.attack(incidentId, leaked)
        await sleep(HEAD_START_MS)
      }
      const detail = {
        incidentId,
        selector: { secretNames: [secret.name] },
        reason: 'reported on the status page',
        requestedBy: 'the status page',
      }
      await events.publish([{ type: LEAK_REPORTED, detail }])
      return done(`Incident ${incidentId}: the leak of ${shortNameOf(laptop.stage, secret.name)} is reported.`)
    },
    fault: ({ at, fault }) => {
      const server = at === 'Stytch' ? stytch.server : at === 'AWS' ? aws : undefined
      const faults = [...(server === undefined ? ['at: expected Stytch or AWS'] : []), ...faultFaults(fault)]
      if (server === undefined || faults.length > 0) return refused(faults.join('; '))
      server.faults.add(fault as Fault)
      note('', `Fault set at ${at}: ${(fault as Fault).op}, ${(fault as Fault).kind}`)
      return done(`The fault is set at ${at}.`)
    },
    preset: (input) => {
      const { preset } = input
      if (!isPresetName(preset)) return refused(`preset: expected one of ${presetNames.join(', ')}`)
      const secret = secretOf(input)
      if (preset === 'dashboard' && secret === undefined) return refused('There is no such client.')
      const says = presets.play(preset, secret?.tags[TAG.client])
      note(secret === undefined ? '' : shortNameOf(laptop.stage, secret.name), says.replace(/\.$/, ''))
      return done(says)
    },
    calm: () => {
      presets.calm()
      stytch.server.faults.clear()
      aws.faults.clear()
      note('', 'All faults cleared')
      return done('All faults are cleared.')
    },
    clock: ({ hours }) => {
      if (typeof hours !== 'number' || !(hours > 0 && hours <= MAX_HOURS)) {
        return refused(`hours: expected a number over 0, up to ${MAX_HOURS}`)
      }
      world.clock.advance(hours * HOUR_MS)
      note('', `Clock moved forward by ${hours} h`)
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
    close: () => eventBridge.destroy(),
  }
}
