// A campaign in memory: the real use cases, a fleet whose rotations take a while, and durable executions that can be killed.

import type { M2mEvent } from '../../../lambda/core/base/events.ts'
import type { Fault } from '../../../lambda/core/base/fault.ts'
import type { ControlWish } from '../../../lambda/core/campaign/campaign-control.ts'
import { readPageOrder } from '../../../lambda/core/campaign/campaign-page.ts'
import type { CampaignReport } from '../../../lambda/core/campaign/campaign-report.ts'
import { readCampaignRequest } from '../../../lambda/core/campaign/campaign-request.ts'
import type { Campaigning } from '../../../lambda/core/campaign/campaigning.ts'
import { runCampaign } from '../../../lambda/core/campaign/run-campaign.ts'
import { runPage } from '../../../lambda/core/campaign/run-page.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import type { FreezeState } from '../../../lambda/core/rotation/freeze.ts'
import type { Holder } from '../../../lambda/core/rotation/holders.ts'
import type { VersionRecord } from '../../../lambda/core/rotation/records.ts'
import { createFakeDurable, createStore, type Store } from '../../fakes/fake-durable.ts'
import { createRotatingFleet, FUNCTION_ARN, PREFIX } from '../../fakes/rotating-fleet.ts'
import { createVirtualTiming } from '../../fakes/virtual-timing.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** Where a process is killed; counts over the whole campaign. */
export type Kill = (moment: 'before' | 'after', name: string) => boolean

export const createSeat = (perSecond = 24) => {
  const timing = createVirtualTiming()
  const world = createRotatingFleet(timing.now)
  const published: M2mEvent[] = []
  const notes: object[] = []
  let freeze: FreezeState = 'off'
  let kill: Kill = () => false
  /** An execution by its name: its checkpoints outlive its processes. */
  const stores = new Map<string, Store>()
  let kills = 0
  let largestOrder = 0
  /** What operators want, by the execution's name. */
  const wishes = new Map<string, ControlWish>()
  let isLost: (name: string, moment: 'before' | 'after') => boolean = () => false
  const refusals = new Map<string, string>()
  const recordsOf = (secretArn: string): readonly VersionRecord[] => {
    const name = [...world.secrets.values()].find(({ arn }) => arn === secretArn)?.name ?? ''
    const refusedBecause = refusals.get(name.slice(PREFIX.length))
    const last = world.asked.findLast((one) => one.name === name)
    return refusedBecause === undefined || last === undefined ? [] : [{ versionId: last.token, refusedBecause }]
  }

  /** By client id, which secret holds it. */
  const holders = new Map<string, Holder>()
  /** As a client is that was registered: bound to the secret that is tagged for it. */
  const holderOf = (clientId: string): Holder => {
    const secret = [...world.secrets.values()].find(({ tags }) => tags['m2m:client-id'] === clientId)
    return holders.get(clientId) ?? (secret ? { state: 'held', secretArn: secret.arn } : { state: 'gone' })
  }
  let holderFault: () => Fault | undefined = () => undefined
  const questions: (readonly string[])[] = []

  const campaigning: Campaigning = {
    secrets: world.fleet,
    clientSearch: {
      holders: async (clientIds) => {
        questions.push(clientIds)
        const fault = holderFault()
        if (fault !== undefined) throw fault
        return clientIds.map(holderOf)
      },
      listTagged: async (prefix, value) => {
        const tagged = [...world.secrets.values()].filter(({ tags }) => tags['m2m:client-id'] === value)
        const found = await Promise.all(tagged.map(({ name }) => world.fleet.describe(name)))
        return found.flatMap((one) => (one?.name.startsWith(prefix) ? [one] : []))
      },
    },
    steps: world.steps,
    freeze: { read: async () => freeze },
    control: { wishFor: async (execution) => wishes.get(execution) },
    bounds: DEPLOYED,
    records: { kind: 'kept', versions: { read: async (secretArn) => recordsOf(secretArn) } },
    events: {
      publish: async (news) => {
        published.push(...news)
      },
    },
    timing,
    journal: { note: (entry) => void notes.push(entry) },
    rules: {
      secretNamePrefix: PREFIX,
      rotationFunctionArn: FUNCTION_ARN,
      stage: { periodMs: 30 * DAY, overlapMs: DAY },
      rotationsPerSecond: perSecond,
    },
  }

  const storeOf = (name: string): Store => {
    const store = stores.get(name) ?? createStore()
    stores.set(name, store)
    return store
  }

  const never = new Promise<never>(() => {})

  /** One process: once it is killed, nothing that it calls is answered any more, and nothing of it runs on. */
  const createProcess = () => {
    let isDead = false
    let die = (): void => {}
    const death = new Promise<'killed'>((resolve) => {
      die = () => resolve('killed')
    })
    const alive =
      <Args extends unknown[], Reply>(call: (...args: Args) => Promise<Reply>) =>
      async (...args: Args): Promise<Reply> => {
        if (isDead) return never
        const reply = await call(...args)
        return isDead ? never : reply
      }
    const { fleet } = world
    return {
      death,
      at: async (moment: 'before' | 'after', name: string): Promise<void> => {
        if (!isDead && kill(moment, name)) {
          isDead = true
          die()
        }
        if (isDead) await never
      },
      campaigning: {
        ...campaigning,
        secrets: {
          list: alive(fleet.list),
          describe: alive(fleet.describe),
          listVersions: alive(fleet.listVersions),
          rotate: alive(fleet.rotate),
        },
        steps: { ask: alive(world.steps.ask) },
        timing: { ...timing, wait: alive(timing.wait) },
      },
    }
  }

  type Process = ReturnType<typeof createProcess>

  /** Runs until it is over, again after every kill, as Lambda does. */
  const survive = async <Reply>(
    name: string,
    run: (store: Store, process: Process) => Promise<Reply>,
  ): Promise<Reply> => {
    for (;;) {
      timing.restart(900_000)
      const process = createProcess()
      const end = await Promise.race([run(storeOf(name), process).then((reply) => ({ reply })), process.death])
      if (end !== 'killed') return end.reply
      kills += 1
      // A little later it is invoked again.
      await timing.wait(1000)
    }
  }

  const page = async (parent: string, name: string, order: unknown): Promise<unknown> => {
    largestOrder = Math.max(largestOrder, JSON.stringify(order).length)
    const lose = (moment: 'before' | 'after'): void => {
      if (isLost(name, moment)) throw new Error('the page’s execution failed')
    }
    lose('before')
    const read = readPageOrder(JSON.parse(JSON.stringify(order)))
    if (!read.ok) throw new Error(read.refusal.join('; '))
    const { value } = read
    const reply = await survive(`${parent} > ${name}`, (store, { at, campaigning: own }) =>
      runPage(own, createFakeDurable({ timing, store, at }), value),
    )
    lose('after')
    return reply
  }

  return {
    timing,
    world,
    published,
    notes,
    stores,
    campaigning,
    holders,
    /** What was asked for holders, question by question. */
    questions,
    failHolders: (how: typeof holderFault): void => {
      holderFault = how
    },
    kills: () => kills,
    largestOrder: () => largestOrder,
    freeze: (state: FreezeState): void => {
      freeze = state
    },
    wish: (wish: ControlWish | undefined, execution = 'e-1'): void => {
      if (wish === undefined) wishes.delete(execution)
      else wishes.set(execution, wish)
    },
    /** Pages whose executions fail, before they begin or with their work done, by the name that their campaign gives them. */
    losePages: (how: typeof isLost): void => {
      isLost = how
    },
    /** What the rotation function notes of a secret that it refuses. */
    noteRefusals: (name: string, reason: string): void => {
      refusals.set(name, reason)
    },
    killAt: (how: Kill): void => {
      kill = how
    },
    add: (count: number): void => {
      for (let n = 0; n < count; n += 1) world.add(`client-${String(n).padStart(5, '0')}`)
    },
    run: async (event: object, execution = 'e-1'): Promise<CampaignReport> => {
      const read = readCampaignRequest({ reason: 'a test', requestedBy: 'vitest', ...event })
      if (!read.ok) throw new Error(read.refusal.join('; '))
      const request = read.value
      return survive(execution, (store, { at, campaigning: own }) =>
        runCampaign(
          own,
          createFakeDurable({ timing, store, at, invoke: (name, order) => page(execution, name, order) }),
          { request, id: request.id ?? execution, executionId: execution },
        ),
      )
    },
    /** Of AWSCURRENT's ids: what they came from → how many. */
    origins: (): Record<string, number> => {
      const counts: Record<string, number> = {}
      for (const { name } of world.secrets.values()) {
        const origin = (world.holder(name.slice(PREFIX.length), 'AWSCURRENT') ?? '').split('-')[0] ?? ''
        counts[origin] = (counts[origin] ?? 0) + 1
      }
      return counts
    },
  }
}

export type Seat = ReturnType<typeof createSeat>
