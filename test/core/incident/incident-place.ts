// Incidents in memory: the incident function as Lambda calls it, three times an event, and its campaigns, over a fleet whose rotations take a
// while; and the bus between them, with the rules by which the one ends what the other has carried out. Not a test itself.
import { createCampaigns, noCampaigns } from '../../../lambda/adapters/aws/campaigns.ts'
import type { Invoke } from '../../../lambda/adapters/aws/invoke.ts'
import { leakSources, sourcesOf } from '../../../lambda/core/base/event-types.ts'
import type { M2mEvent } from '../../../lambda/core/base/events.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { createRateLimiter } from '../../../lambda/core/base/rate-limiter.ts'
import type { CampaignReport } from '../../../lambda/core/campaign/campaign-report.ts'
import type { HolderQuestions } from '../../../lambda/core/drive/holder-questions.ts'
import { endOfCampaign } from '../../../lambda/core/incident/end-of-campaign.ts'
import type { LeakEvent } from '../../../lambda/core/incident/leak-report.ts'
import { type Response, respondToLeak } from '../../../lambda/core/incident/respond-to-leak.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import type { Holder } from '../../../lambda/core/rotation/holders.ts'
import { campaignEndRule } from '../../../lambda/env/leak-rules.ts'
import { type BusEnvelope, matchesPattern } from '../../../lambda/local/aws/event-pattern.ts'
import { FUNCTION_ARN, PREFIX } from '../../fakes/rotating-fleet.ts'
import { createSeat } from '../campaign/seat.ts'

const EXECUTION_MS = 900_000
/** Lambda's, between its three executions of one event (lambda/latest/dg/invocation-async-error-handling.html). */
const RETRIES_AFTER_MS = [60_000, 120_000] as const
const CAMPAIGN_ARN = 'arn:aws:lambda:eu-west-1:111111111111:function:m2m-prod-campaign:live'

const down = new Fault({ code: 'SECRETS_MANAGER_UNAVAILABLE', retryable: true, message: 'down' })

export const createIncidentPlace = ({ hasCampaigns = true } = {}) => {
  const seat = createSeat()
  const { timing, world, published } = seat
  const executions = new Map<string, Promise<CampaignReport>>()
  const invoke: Invoke = async ({ payload, durableExecutionName = '' }) => {
    if (executions.has(durableExecutionName))
      return { taken: false, why: 'DurableExecutionAlreadyStartedException', isThrottled: false }
    executions.set(durableExecutionName, seat.run(payload, durableExecutionName))
    return { taken: true, failed: false, body: '' }
  }
  let [isDown, downUntil] = [(_name: string) => true, 0]
  world.fails((call, name) => (call !== 'step' && isDown(name) && timing.now() < downUntil ? down : undefined))
  const incidents = { publish: async (news: readonly M2mEvent[]) => void published.push(...news) }

  const { holders } = seat
  const holderFaults: Fault[] = []
  /** As a client is that was registered: bound to the secret that is tagged for it. */
  const taggedFor = (clientId: string): Holder => {
    const secret = [...world.secrets.values()].find(({ tags }) => tags['m2m:client-id'] === clientId)
    return secret === undefined ? { state: 'unknown' } : { state: 'held', secretArn: secret.arn }
  }

  const holderQuestions: HolderQuestions = {
    holders: async (clientIds) => {
      if (holderFaults.length > 0) throw holderFaults[0]
      return clientIds.map((clientId) => holders.get(clientId) ?? taggedFor(clientId))
    },
  }

  const respond = (event: LeakEvent): Promise<Response> => {
    timing.restart(EXECUTION_MS)
    const limiter = createRateLimiter({ perSecond: 24, timing })
    return respondToLeak(
      {
        secrets: {
          ...world.fleet,
          listTagged: async (prefix, value) => {
            const listed = await world.fleet.list(prefix)
            return listed.secrets.filter(({ tags }) => tags['m2m:client-id'] === value)
          },
        },
        freeze: { read: async () => 'off' },
        campaigns: hasCampaigns ? createCampaigns(invoke, CAMPAIGN_ARN) : noCampaigns,
        events: incidents,
        secretNamePrefix: PREFIX,
        limits: { maxSecurityClients: 25 },
        holders: holderQuestions,
        jobParts: {
          secrets: world.fleet,
          steps: world.steps,
          timing,
          limiter,
          rotationFunctionArn: FUNCTION_ARN,
          bounds: DEPLOYED,
        },
        journal: { note: () => {} },
      },
      event,
    )
  }

  const envelopeOf = ({ type, detail }: M2mEvent): BusEnvelope => ({
    version: '0',
    id: '6d2efd1c-0000-4000-8000-000000000000',
    'detail-type': type,
    source: sourcesOf(type)[0] ?? '',
    account: '111111111111',
    time: '2026-10-05T09:12:31Z',
    region: 'eu-west-1',
    resources: [],
    detail: JSON.parse(JSON.stringify(detail)) as unknown,
  })

  return {
    ...seat,
    /** By client id, which secret holds it; of any other that is not known. */
    holders,
    /** The first of these is thrown instead. */
    holderFaults,
    /** What a call throws that AWS did not answer. */
    busFault: new Fault({ code: 'EVENT_NOT_SENT', retryable: true, message: 'down' }),
    /** Names of the campaigns' executions. */
    executions: () => [...executions.keys()],
    /** Secrets of these names, all of one team. */
    addAll: (names: readonly string[]): void => {
      for (const name of names) world.add(name, { tags: { 'm2m:client-id': `client-${name}`, team: 'one' } })
    },
    /** As the bus hands it over. */
    eventOf: (detail: unknown, source: string = leakSources.security, id = 'event-1'): LeakEvent => ({
      id,
      time: new Date(timing.now()).toISOString(),
      source,
      detail,
    }),
    /** As Lambda does; undefined: the event lies with the dead letters. */
    deliver: async (event: LeakEvent): Promise<Response | undefined> => {
      for (const afterMs of [...RETRIES_AFTER_MS, undefined]) {
        try {
          return await respond(event)
        } catch (error) {
          if (!(error instanceof Fault)) throw error
          if (afterMs !== undefined) await timing.wait(afterMs)
        }
      }
      return undefined
    },
    breakDown: (forMs: number, of = (_name: string): boolean => true): void => {
      isDown = of
      downUntil = timing.now() + forMs
    },
    campaigns: () => Promise.all(executions.values()),
    /** What campaigns have reported goes to the incident function, by its rule. */
    endCampaigns: async (): Promise<void> => {
      await Promise.all(executions.values())
      const ending = {
        secrets: world.fleet,
        holders: holderQuestions,
        events: incidents,
        journal: { note: () => {} },
        secretNamePrefix: PREFIX,
        rotationFunctionArn: FUNCTION_ARN,
        now: timing.now,
      }
      for (const event of [...published]) {
        if (matchesPattern(campaignEndRule.pattern, envelopeOf(event))) await endOfCampaign(ending, event.detail)
      }
    },
    envelopes: (): readonly BusEnvelope[] => published.map(envelopeOf),
  }
}
