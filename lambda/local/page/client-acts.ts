// What the page's buttons ask for about a client, each by the identity that was chosen: of Secrets Manager, of the clients function and of the
// bus, over HTTP, as that identity would by the command line.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { LEAK_REPORTED } from '../../core/base/event-types.ts'
import { filled, type JsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import { settleToken } from '../../core/drive/settle-request.ts'
import { CLIENT_NAME_RULE, expectedClientName, isClientName } from '../../core/secret/client-name.ts'
import { PENDING, versionLabelled } from '../../core/secret/labels.ts'
import { type Intent, makeRequestToken } from '../../core/secret/request-token.ts'
import { isScopes, SCOPE_RULE } from '../../core/secret/scope.ts'
import { shortNameOf } from '../../core/secret/stage-secrets.ts'
import type { PeekedSecret } from '../aws/peek.ts'
import { awaitThat } from '../laptop/await-rest.ts'
import type { Laptop } from '../laptop/laptop.ts'
import { READER } from '../story/guarding.ts'
import { type ActResult, done, refused } from './act-result.ts'
import type { Hands } from './hands.ts'
import type { Incidents, LeakedValue } from './incidents.ts'

export interface ClientActInput {
  readonly hands: Hands
  /** As the page calls whoever acts. */
  readonly who: string
  readonly input: JsonObject
  /** undefined: there is no such client. */
  readonly secret: PeekedSecret | undefined
}

export type ClientAct = (asked: ClientActInput) => Promise<ActResult>

/** So long an attacker uses the value before its leak is reported. */
const HEAD_START_MS = 700
const DRY_RUN_MS = 30_000
const BACKSTOP_DAYS = 60

/** What an attacker has who copied AWSCURRENT. */
const leakedValueOf = ({ versions }: PeekedSecret): LeakedValue | undefined => {
  const current = versions.find(({ stages }) => stages.includes('AWSCURRENT'))
  const value = parseJsonObject(current?.value ?? '')
  const { client_id: clientId, client_secret: clientSecret, token_url: tokenUrl } = value ?? {}
  if (current === undefined || ![clientId, clientSecret, tokenUrl].every((one) => filled(one))) return undefined
  const credentials = { clientId: String(clientId), clientSecret: String(clientSecret), tokenUrl: String(tokenUrl) }
  return { versionId: current.id, credentials }
}

export const noSuchClient = refused('There is no such client.')

export const createClientActs = (
  laptop: Laptop,
  incidents: Pick<Incidents, 'attack' | 'callOff'>,
): Readonly<Record<'rotate' | 'settle' | 'rollback' | 'read' | 'leak' | 'register', ClientAct>> => {
  const { aws, stage, address } = laptop
  const { now } = laptop.world.clock

  const tokenFor = async ({ secrets }: Hands, secretArn: string, intent: Intent): Promise<string> => {
    if (intent !== 'settle') {
      return makeRequestToken({ origin: intent, askedAt: now(), secretArn, about: randomUUID(), attempt: 1 })
    }
    const secret = await secrets.describe(secretArn)
    const currentId = (secret && versionLabelled(secret, 'AWSCURRENT'))?.versionId ?? ''
    return settleToken({ secretArn, currentId }, await secrets.listVersions(secretArn), now())
  }

  const rotation =
    (intent: Intent): ClientAct =>
    async ({ hands, secret }) => {
      if (secret === undefined) return noSuchClient
      const name = shortNameOf(stage, secret.name)
      const reply = await hands.secrets.rotate(secret.arn, await tokenFor(hands, secret.arn, intent))
      if (reply === 'busy') return refused(`${name} is being rotated already; wait until that has ended.`)
      return reply === 'gone' ? noSuchClient : done(`Requested: ${intent} of ${name}.`)
    }

  /** Turning rotation on is a dry run, which holds AWSPENDING until it has ended. @returns whether it has, in good time */
  const awaitDryRun = (secretName: string): Promise<boolean> =>
    awaitThat(async () => !aws.peek(secretName)?.versions.some(({ stages }) => stages.includes(PENDING)), {
      patienceMs: DRY_RUN_MS,
      message: 'it goes on',
    }).then(
      () => true,
      () => false,
    )

  return {
    rotate: rotation('rotate'),
    settle: rotation('settle'),
    rollback: rotation('rollback'),
    read: async ({ hands, who, secret }) => {
      if (secret === undefined) return noSuchClient
      const name = shortNameOf(stage, secret.name)
      const lastFour = await hands.readLastFour(secret.arn)
      const what = lastFour === undefined ? 'a value in another format' : `…${lastFour}`
      return done(`Read as ${who}: the value of ${name} is ${what}.`)
    },
    register: async ({ hands, input: { name, scopes } }) => {
      const faults: string[] = []
      if (typeof name !== 'string' || !isClientName(name)) {
        faults.push(`name: expected ${typeof name === 'string' ? expectedClientName(name) : CLIENT_NAME_RULE}`)
      }
      if (!isScopes(scopes)) faults.push(`scopes: expected each to be ${SCOPE_RULE}`)
      if (faults.length > 0 || !isScopes(scopes)) return refused(faults.join('; '))
      const secretName = `${stage.secretNamePrefix}${String(name)}`
      const reader = address.identities?.[READER]
      const client = {
        secretName,
        displayName: String(name),
        description: 'Registered on the laptop’s page',
        scopes,
        consumers: reader === undefined ? [] : [reader.arn],
        rules: { everyDays: BACKSTOP_DAYS },
        onRemoval: 'retain',
        tags: {},
      } as const
      await hands.clientsApi.declare({ set: 'page', requestId: randomUUID(), client })
      const isTested = await awaitDryRun(secretName)
      return done(`${String(name)} is registered${isTested ? '' : '; its rotation is still being tested'}.`)
    },
    leak: async ({ hands, who, secret }) => {
      if (secret === undefined) return noSuchClient
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
        requestedBy: `${who}, on the status page`,
      }
      try {
        await hands.events.publish([{ type: LEAK_REPORTED, detail }])
      } catch (error) {
        // Nobody is going to end it.
        incidents.callOff(incidentId)
        throw error
      }
      return done(`Incident ${incidentId}: the leak of ${shortNameOf(stage, secret.name)} is reported.`)
    },
  }
}
