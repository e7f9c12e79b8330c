// What becomes of a world that is left alone: what is stuck is driven to its end, then a revoke and a settle, with replies that show what is so.

import { type Asked, askedOf, runStep, type StaleRules, type StepEnd, stepNames } from './stale-steps.ts'
import { type Id, type Lag, outcomesOf, valueUnder, type World, withAsked } from './stale-world.ts'
import type { Intent } from './state.ts'

/** More than any step needs. */
const MAX_CALLS = 80
const NO_LAG: Lag = { labels: 0, slots: 0, isSlow: false }

const runUndisturbed = (world: World, asked: Asked): { readonly world: World; readonly end: StepEnd } => {
  const running = runStep(asked)
  let now = world
  let at = running.next()
  for (let calls = 0; at.done !== true; calls += 1) {
    if (calls > MAX_CALLS) return { world: now, end: { end: 'again' } }
    const [outcome] = outcomesOf(now, at.value, { who: 0, lag: NO_LAG, since: { labels: 0, slots: 0 }, isAlone: true })
    if (outcome === undefined) break
    now = outcome.world
    at = running.next(outcome.answer)
  }
  return { world: { ...now, lease: null }, end: at.done === true ? at.value : { end: 'again' } }
}

const drivenToEnd = (world: World, id: Id, rules: StaleRules): World => {
  let now = world
  const isPlanned = ['rotate', 'stored'].includes(world.versions[id]?.origin ?? '')
  const steps = isPlanned && valueUnder(now, id) === null ? (['finishSecret'] as const) : stepNames
  for (let tries = 0; tries < 3 && now.labels.pending === id; tries += 1) {
    for (const step of steps) {
      const ran = runUndisturbed(now, askedOf(now, step, id, rules))
      now = ran.world
      if (ran.end.end !== 'done' || now.labels.pending !== id) break
    }
  }
  return now
}

const rotated = (world: World, intent: Intent, rules: StaleRules): World => {
  if (world.labels.pending !== null) return world
  const about = intent === 'settle' ? { about: world.labels.current } : {}
  const asked = withAsked(world, { origin: intent, value: null, ...about }, NO_LAG)
  return drivenToEnd(asked, world.versions.length, rules)
}

/** Whether what is stuck, then a revoke and a settle, undisturbed, leave the client settled with nothing older alive. */
export const endsByRevoke = (
  world: World,
  { rules, ends }: { readonly rules: StaleRules; readonly ends: Map<string, boolean> },
): boolean => {
  const quiet: World = {
    ...world,
    oldLabels: [],
    oldSlots: [],
    slow: null,
    lease: null,
    revoked: [],
  }
  const key = JSON.stringify(quiet)
  const known = ends.get(key)
  if (known !== undefined) return known
  const alive = [world.slots.slot, world.slots.next]
  const { pending } = quiet.labels
  const free = pending === null ? quiet : drivenToEnd(quiet, pending, rules)
  const revoked = rotated(free, 'revoke', rules)
  const end = rotated(revoked, 'settle', rules)
  const value = valueUnder(end, end.labels.current)
  const isSettled = end.slots.slot === value && end.slots.next === null && end.labels.pending === null
  const isEnded = isSettled && end.versions[end.labels.current]?.origin === 'settle' && !alive.includes(value)
  ends.set(key, isEnded)
  return isEnded
}
