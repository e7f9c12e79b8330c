// Every reply of a rotation that may be old, and every two of them, for every intent from every position that life leads to: within the
// bounds of a deployment, nothing that works is killed or hidden, and the next rotation and its settle go as ever.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { RotationRefused, steps } from '../../../lambda/core/rotation/refusal.ts'
import { type Intent, intents } from '../../../lambda/core/secret/request-token.ts'
import type { FakeClient } from '../../fakes/fake-issuer.ts'
import { createRegisteredWorld, secretIn, valueNamed, type World } from '../../fakes/world.ts'
import { isCurrentAccepted, TIMEOUT_MS } from './stale-seat.ts'
import { begun } from './step-seat.ts'

/** How often a rotation that may succeed later is driven, each time from its first step, as Secrets Manager and the sweep do. */
const MAX_DRIVES = 4

type End = 'done' | 'refused' | 'failed'

const driveOnce = async (world: World, token: string): Promise<End> => {
  try {
    for (const name of steps) await world.step(name, token, TIMEOUT_MS)
    return 'done'
  } catch (error) {
    if (error instanceof RotationRefused) return 'refused'
    if (error instanceof Fault && error.retryable) return 'failed'
    throw error
  }
}

const drive = async (world: World, token: string): Promise<End> => {
  let end: End = 'failed'
  for (let drives = 0; end === 'failed' && drives < MAX_DRIVES; drives += 1) end = await driveOnce(world, token)
  return end
}

const byHand = (world: World, change: (client: FakeClient) => void): void => {
  world.issuer.history.note()
  change(world.client())
}
const start = (value: string) => (client: FakeClient) => Object.assign(client, { next: valueNamed(value) })
const complete = (client: FakeClient) => Object.assign(client, { current: client.next, next: null })
const cancel = (client: FakeClient) => Object.assign(client, { next: null })

const rotated = async (world: World, ...each: readonly Intent[]): Promise<void> => {
  for (const intent of each) expect(await drive(world, begun(world, intent))).toBe('done')
}

/** As in test/crash/positions.ts, and what a killed createSecret leaves. */
const beginnings: Readonly<Record<string, (world: World) => Promise<void>>> = {
  settled: async () => {},
  settledBySettle: (world) => rotated(world, 'rotate', 'settle'),
  overlap: (world) => rotated(world, 'rotate'),
  overlapAfterRevoke: (world) => rotated(world, 'revoke'),
  rolledBack: (world) => rotated(world, 'rotate', 'rollback'),
  orphan: async (world) => byHand(world, start('X')),
  orphanAfterSettle: async (world) => {
    await rotated(world, 'rotate', 'settle')
    // Our own start waits for that, too; a colleague's, within the read lag of a settle, is a window (docs/guarantees.md).
    world.timing.advance(DEPLOYED.readLagMs)
    byHand(world, start('X'))
  },
  cancelledUnderUs: async (world) => {
    await rotated(world, 'rotate')
    byHand(world, cancel)
  },
  drift: async (world) => {
    byHand(world, start('X'))
    byHand(world, complete)
  },
  driftWithNext: async (world) => {
    byHand(world, start('X'))
    byHand(world, complete)
    byHand(world, start('Y'))
  },
}

interface OldRead {
  readonly service: 'secrets' | 'issuer'
  readonly at: number
  readonly ago: number
}

const begin = async (beginning: string) => {
  const world = createRegisteredWorld({}, DEPLOYED)
  await beginnings[beginning]?.(world)
  return world
}
const slotsOf = (world: World) => [world.client().current, world.client().next].filter((value) => value !== null)
const storedIn = (world: World, isLabelled: boolean): ReadonlySet<string | undefined> =>
  new Set(
    [...world.secrets.versions.values()]
      .filter(({ labels }) => !isLabelled || labels.size > 0)
      .map(({ text }) => secretIn(text)),
  )

/** Runs it with these replies old, then the next rotation and its settle, undisturbed. @returns what was violated. */
const play = async (intent: Intent, beginning: string, old: readonly OldRead[]) => {
  const world = await begin(beginning)
  const strangers = slotsOf(world).filter((value) => !storedIn(world, false).has(value))
  const violations: string[] = []
  let wasAccepted = isCurrentAccepted(world)
  world.log.after.push(({ name }) => {
    const isAccepted = isCurrentAccepted(world)
    if (wasAccepted && !isAccepted) violations.push(`${name} left AWSCURRENT refused`)
    wasAccepted = isAccepted
  })
  for (const [service, boundMs] of [
    ['secrets', DEPLOYED.staleLabelsMs],
    ['issuer', DEPLOYED.readLagMs],
  ] as const) {
    const { history } = world[service]
    history.boundMs = boundMs
    history.reads = 0
    for (const { at, ago } of old.filter((each) => each.service === service)) history.old.set(at, { ago })
  }
  const token = begun(world, intent)
  const end = await drive(world, token)
  const reads = { secrets: world.secrets.history.reads, issuer: world.issuer.history.reads }
  for (const service of ['secrets', 'issuer'] as const) world[service].history.old.clear()

  const held = slotsOf(world)
  const made = secretIn(world.secrets.versions.get(token)?.text)
  if (held.some((value) => value === made && !storedIn(world, true).has(value)))
    violations.push('a stored value that is accepted lost its label')
  if (held.some((value) => !storedIn(world, false).has(value) && !strangers.includes(value)))
    violations.push('a value that was issued is stored nowhere')
  if (end === 'failed') violations.push('it did not come to an end')

  // Where AWSCURRENT was dead before, only a revoke replaces it.
  const next = isCurrentAccepted(world) ? 'rotate' : 'revoke'
  for (const each of [next, 'settle'] as const) {
    const ask = async () => drive(world, begun(world, each))
    const ended = await ask().catch((error: unknown) => String(error))
    if (ended !== 'done') violations.push(`the next ${each}: ${ended}`)
  }
  if (!isCurrentAccepted(world) || slotsOf(world).length !== 1) violations.push('the next settle left more, or less')
  return { end, reads, violations }
}

const oldReads = ({ secrets, issuer }: { readonly secrets: number; readonly issuer: number }): readonly OldRead[] =>
  [
    ['secrets', secrets],
    ['issuer', issuer],
  ].flatMap(([service, reads]) =>
    Array.from({ length: Number(reads) }, (_, at) => at).flatMap((at) =>
      [1, 2].map((ago) => ({ service, at, ago }) as OldRead),
    ),
  )

const pairsOf = (all: readonly OldRead[]): (readonly OldRead[])[] =>
  all.flatMap((one, at) =>
    all
      .slice(at + 1)
      .filter((other) => other.service !== one.service || other.at !== one.at)
      .map((other) => [one, other]),
  )

const cases = intents.flatMap((intent) => Object.keys(beginnings).map((beginning) => [intent, beginning] as const))

describe('old replies', () => {
  test.each(cases)('%s from %s', { timeout: 120_000 }, async (intent, beginning) => {
    const plain = await play(intent, beginning, [])
    expect(plain.violations).toEqual([])
    const all = oldReads(plain.reads)
    expect(all.length).toBeGreaterThan(6)

    const found: string[] = []
    for (const old of [...all.map((one) => [one]), ...pairsOf(all)]) {
      const { end, violations } = await play(intent, beginning, old)
      const words = old.map(({ service, at, ago }) => `${service} ${at} (${ago} ago)`).join(', ')
      for (const violation of violations) found.push(`${words}: ${violation}`)
      // One old reply costs no rotation its end.
      if (old.length === 1 && plain.end === 'done' && end !== 'done')
        found.push(`${words}: ${end} instead of ${plain.end}`)
    }

    expect(found).toEqual([])
  })
})
