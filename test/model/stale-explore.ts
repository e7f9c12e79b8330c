// Goes breadth-first through what can happen around rotations in a world of old replies: Secrets Manager drives the steps, a second execution
// repeats one, either is killed after any call, a colleague works in the Stytch dashboard and an operator at the secret. It says which claims
// broke, and by the shortest way. `play` follows one way instead, event by event.

import { endsByRevoke } from './stale-ends.ts'
import {
  type Asked,
  allRules,
  askedOf,
  runStep,
  type StaleRules,
  type StepEnd,
  type StepName,
  stepNames,
} from './stale-steps.ts'
import {
  type Answer,
  accepts,
  caughtUp,
  holds,
  type Id,
  type Labels,
  type Lag,
  outcomesOf,
  type Slots,
  type Stored,
  valueUnder,
  type Who,
  type Window,
  type Windowed,
  type World,
  withAsked,
  withLabels,
  withSlots,
  wroteLabels,
  wroteSlots,
} from './stale-world.ts'
import { type Intent, intents } from './state.ts'

/** How often each may happen on one way. */
export interface Budgets {
  readonly asks: number
  readonly doubles: number
  readonly crashes: number
  readonly colleague: number
  readonly operator: number
}

export interface Search {
  readonly roots: readonly World[]
  /** @default - all of them */
  readonly rules?: Partial<StaleRules>
  readonly lag?: Partial<Lag>
  readonly budgets?: Partial<Budgets>
  readonly intents?: readonly Intent[]
  /** Windows in which colleague and operator may act. @default - none: what they do there is documented */
  readonly windows?: readonly Window[]
  /** Whether the second execution may be of a step that Secrets Manager has not come to yet: a forged event. */
  readonly isForged?: boolean
  readonly maxStates?: number
  /** Ends at the first broken claim of these. */
  readonly until?: readonly Claim[]
}

export type Claim =
  | 'killedCurrent'
  | 'hidAccepted'
  | 'restoredRevoked'
  | 'switchedToRefused'
  | 'leftOpen'
  | 'doesNotEnd'
  | 'refusedItsOwn'
  | 'waitsForEver'

export interface Broken {
  readonly claim: Claim
  readonly way: readonly string[]
}

export interface Found {
  readonly states: number
  readonly transitions: number
  /** Whether nothing was left to explore. */
  readonly isComplete: boolean
  readonly broken: readonly Broken[]
}

interface Execution {
  readonly step: StepName
  readonly me: Id
  readonly answers: readonly Answer[]
  readonly next: Windowed
  readonly since: { readonly labels: number; readonly slots: number }
}

type Executions = readonly [Execution | null, Execution | null]

interface Drive {
  readonly id: Id
  /** The step that comes next. */
  readonly step: number
  /** The furthest that was sent. */
  readonly reached: number
}

interface Node {
  readonly world: World
  readonly executions: Executions
  readonly drive: Drive | null
  readonly budgets: Budgets
  readonly before: Node | undefined
  readonly happened: string
}

interface Event {
  readonly node: Node
  readonly broken: readonly Claim[]
}

const MAX_ANSWERS = 40
const NAMES = ['A', 'B'] as const
const noBudgets: Budgets = { asks: 0, doubles: 0, crashes: 0, colleague: 0, operator: 0 }

interface Context {
  readonly rules: StaleRules
  readonly lag: Lag
  readonly intents: readonly Intent[]
  readonly windows: readonly Window[]
  readonly isForged: boolean
  /** Worlds that were tried already. */
  readonly ends: Map<string, boolean>
}

const contextOf = ({ rules, lag, intents: allowed = intents, windows = [], isForged = false }: Search): Context => ({
  rules: { ...allRules, ...rules },
  lag: { labels: 1, slots: 1, isSlow: false, ...lag },
  intents: allowed,
  windows,
  isForged,
  ends: new Map(),
})

/** @returns the next call, or how the step ended. */
const replay = (asked: Asked, answers: readonly Answer[]): Windowed | StepEnd => {
  const running = runStep(asked)
  let at = running.next()
  for (const answer of answers) {
    if (at.done === true) break
    at = running.next(answer)
  }
  return at.value
}

const isEnd = (found: Windowed | StepEnd): found is StepEnd => 'end' in found

const keyOf = ({ world, executions, drive, budgets }: Node): string =>
  JSON.stringify([
    world,
    executions.map((one) => one && [one.step, one.me, one.answers, one.since]),
    drive,
    Object.values(budgets),
  ])

const wayTo = (node: Node): readonly string[] => {
  const way: string[] = []
  for (let at: Node | undefined = node; at?.before !== undefined; at = at.before) way.unshift(at.happened)
  return way
}

/** Counts what others write while an execution waits. */
const seenWriting = (executions: Executions, from: World, to: World, { labels, slots }: Lag): Executions => {
  const [label, slot] = [wroteLabels(from, to) ? 1 : 0, wroteSlots(from, to) ? 1 : 0]
  if (label + slot === 0) return executions
  const count = (one: Execution | null): Execution | null =>
    one?.next.call !== 'waited'
      ? one
      : {
          ...one,
          since: {
            labels: Math.min(labels, one.since.labels + label),
            slots: Math.min(slots, one.since.slots + slot),
          },
        }
  return [count(executions[0]), count(executions[1])]
}

const replaced = (executions: Executions, who: Who, by: Execution | null): Executions =>
  who === 0 ? [by, executions[1]] : [executions[0], by]

const isWithin = ({ executions }: Node, windows: readonly Window[], { windows: open }: Context): boolean =>
  executions.some(
    (one) => one?.next.within?.some((window) => windows.includes(window) && !open.includes(window)) === true,
  )

const isSwitchOf = (version: Stored | undefined): boolean =>
  version?.origin === 'rotate' || version?.origin === 'revoke' || version?.origin === 'stored'

/** What a call of ours broke. */
const brokenBy = (from: World, to: World, { call }: Windowed): readonly Claim[] => {
  const broken: Claim[] = []
  const current = valueUnder(from, from.labels.current)
  if ((call === 'complete' || call === 'cancel') && holds(from, current) && !holds(to, current))
    broken.push('killedCurrent')
  const { pending } = from.labels
  const isHidden = pending !== null && to.labels.pending !== pending && to.labels.current !== pending
  const p = valueUnder(from, pending)
  if (isHidden && isSwitchOf(from.versions[pending]) && p !== current && holds(from, p)) broken.push('hidAccepted')
  if (call === 'move' && to.labels.current !== from.labels.current) {
    const now = valueUnder(to, to.labels.current)
    if (now !== current && now !== null && from.revoked.includes(now)) broken.push('restoredRevoked')
    if (accepts(from, current) && !accepts(to, now)) broken.push('switchedToRefused')
    if (to.versions[to.labels.current]?.origin === 'settle' && to.slots.next !== null) broken.push('leftOpen')
  }
  return broken
}

// ── what may happen next ──

type Happen = (happened: string, change: Partial<Omit<Node, 'before' | 'happened'>>, broken?: readonly Claim[]) => void

const driveAfter = (drive: Drive | null, { end }: StepEnd, world: World): Drive | null => {
  if (drive === null) return null
  if (end !== 'done') return world.labels.pending === drive.id ? { ...drive, step: 0 } : null
  const step = drive.step + 1
  return step === stepNames.length ? null : { ...drive, step, reached: Math.max(drive.reached, step) }
}

/** A step that has nothing to do is over at once. */
const begin = (
  { world, executions, drive }: Node,
  who: Who,
  { step, me, rules }: { readonly step: StepName; readonly me: Id; readonly rules: StaleRules },
): Pick<Node, 'executions' | 'drive'> => {
  const next = replay(askedOf(world, step, me, rules), [])
  if (isEnd(next)) return { executions, drive: who === 0 ? driveAfter(drive, next, world) : drive }
  const execution = { step, me, answers: [], next, since: { labels: 0, slots: 0 } }
  return { executions: replaced(executions, who, execution), drive }
}

const carryOn = (node: Node, who: Who, context: Context, happen: Happen): void => {
  const execution = node.executions[who]
  if (execution === null) return
  const { step, me, answers, next, since } = execution
  const other = node.executions[who === 0 ? 1 : 0]
  const caller = { who, lag: context.lag, since, isAlone: other === null }
  for (const { answer, world, how } of outcomesOf(node.world, next, caller)) {
    const happened = `${NAMES[who]}: ${next.call}${how === undefined ? '' : ` (${how})`}`
    const broken = brokenBy(node.world, world, next)
    const executions = seenWriting(node.executions, node.world, world, context.lag)
    const now = replay(askedOf(world, step, me, context.rules), [...answers, answer])
    if (!isEnd(now)) {
      const isEndless = answers.length > MAX_ANSWERS
      const goesOn: Execution = {
        ...execution,
        answers: [...answers, answer],
        next: now,
        since: { labels: 0, slots: 0 },
      }
      happen(
        happened,
        { world, executions: replaced(executions, who, isEndless ? null : goesOn) },
        isEndless ? ['waitsForEver'] : broken,
      )
      continue
    }
    const isOwnRefused = now.end === 'refused' && now.reason === 'notPending' && world.labels.pending === me
    const left: World = world.lease === who ? { ...world, lease: null } : world
    const why = now.end === 'refused' ? `${now.end}, ${now.reason}` : now.end
    happen(
      `${happened} → ${step} ${why}`,
      {
        world: left,
        executions: replaced(executions, who, null),
        drive: who === 0 ? driveAfter(node.drive, now, left) : node.drive,
      },
      isOwnRefused ? [...broken, 'refusedItsOwn'] : broken,
    )
  }
}

const crash = (node: Node, who: Who, happen: Happen): void => {
  const execution = node.executions[who]
  if (execution === null || node.budgets.crashes === 0) return
  // Nobody else has the lease before the function's timeout is over, and no reply is as old as that.
  const world: World = node.world.lease === who ? { ...caughtUp(node.world), lease: null } : node.world
  happen(`${NAMES[who]}: killed in ${execution.step} before ${execution.next.call}`, {
    world,
    executions: replaced(node.executions, who, null),
    drive: who === 0 && node.drive !== null ? { ...node.drive, step: 0 } : node.drive,
    budgets: { ...node.budgets, crashes: node.budgets.crashes - 1 },
  })
}

const askForMore = (node: Node, context: Context, happen: Happen): void => {
  const { world, budgets, executions } = node
  if (budgets.asks === 0 || world.labels.pending !== null || executions[0] !== null) return
  for (const intent of context.intents) {
    // Who asks for a settle may have seen labels that are old; without the rule about tokens, it would not matter to him.
    const abouts =
      intent === 'settle' ? new Set([world.labels, ...world.oldLabels].map(({ current }) => current)) : [undefined]
    for (const about of abouts) {
      const stored: Stored = { origin: intent, value: null, ...(about === undefined ? {} : { about }) }
      const drive: Drive = { id: world.versions.length, step: 0, reached: 0 }
      const subject = about === undefined || about === world.labels.current ? '' : ' about an older version'
      const asked = withAsked(world, stored, context.lag)
      happen(`ask ${intent}${subject}`, {
        world: asked,
        drive,
        executions: seenWriting(executions, world, asked, context.lag),
        budgets: { ...budgets, asks: budgets.asks - 1 },
      })
    }
    if (context.rules.newToken || intent !== 'settle') continue
    for (const [id, { origin }] of world.versions.entries()) {
      if (origin !== 'settle' || id === world.labels.current) continue
      const asked = withLabels(world, { ...world.labels, pending: id }, context.lag)
      happen(`ask settle again by token ${id}`, {
        world: asked,
        drive: { id, step: 0, reached: 0 },
        executions: seenWriting(executions, world, asked, context.lag),
        budgets: { ...budgets, asks: budgets.asks - 1 },
      })
    }
  }
}

const drivesOn = (node: Node, context: Context, happen: Happen): void => {
  const { drive, executions, budgets, world } = node
  if (drive !== null && executions[0] === null) {
    const step = stepNames[drive.step] ?? 'createSecret'
    happen(`A: ${step}`, begin(node, 0, { step, me: drive.id, rules: context.rules }))
  }
  if (budgets.doubles === 0 || executions[1] !== null) return
  const spent = { ...budgets, doubles: budgets.doubles - 1 }
  for (const [id, { origin }] of world.versions.entries()) {
    if (origin === 'stored') continue
    const reached = drive?.id === id && !context.isForged ? drive.reached : stepNames.length - 1
    for (const step of stepNames.slice(0, reached + 1)) {
      happen(`B: ${step} of ${id}`, { ...begin(node, 1, { step, me: id, rules: context.rules }), budgets: spent })
    }
  }
}

const colleague = (node: Node, context: Context, happen: Happen): void => {
  const { world, budgets, executions } = node
  if (budgets.colleague === 0 || isWithin(node, ['W1', 'W2'], context)) return
  const { slot, next } = world.slots
  const change = (happened: string, slots: Slots, issued = world.issued): void => {
    const made = withSlots({ ...world, issued }, slots, context.lag)
    // A look that does not show it yet is W1 and W2 as well, for as long as looks may be old.
    const changed = context.windows.includes('W2') ? made : { ...made, oldSlots: [] }
    happen(`colleague ${happened}`, {
      world: changed,
      executions: seenWriting(executions, world, changed, context.lag),
      budgets: { ...budgets, colleague: budgets.colleague - 1 },
    })
  }
  if (next === null) change('starts', { slot, next: world.issued }, world.issued + 1)
  else {
    change('completes', { slot: next, next: null })
    change('cancels', { slot, next: null })
  }
}

const operator = (node: Node, context: Context, happen: Happen): void => {
  const { world, budgets, executions } = node
  if (budgets.operator === 0 || isWithin(node, ['W2', 'W3'], context)) return
  const { labels, versions } = world
  const spent = { ...budgets, operator: budgets.operator - 1 }
  const change = (happened: string, changed: World): void =>
    happen(`operator ${happened}`, {
      world: changed,
      executions: seenWriting(executions, world, changed, context.lag),
      budgets: spent,
    })
  /** What an operator's own move hides for as long as replies may be old is W3 as well. */
  const moved = (happened: string, from: World, to: Labels): void => {
    const pending = to.pending === to.current ? null : to.pending
    const now = withLabels(from, { ...to, pending }, context.lag)
    const value = valueUnder(now, to.current)
    const known = { ...now, revoked: now.revoked.filter((one) => one !== value) }
    change(happened, context.windows.includes('W3') ? known : { ...known, oldLabels: [] })
  }
  if (labels.previous !== null) {
    moved('moves AWSCURRENT back', world, { ...labels, current: labels.previous, previous: labels.current })
  }
  const id = versions.length
  for (const value of new Set([world.slots.slot, world.slots.next ?? world.slots.slot, -1])) {
    const stored: World = { ...world, versions: [...versions, { origin: 'stored', value }] }
    const to = { ...labels, current: id, previous: labels.current, filled: [...labels.filled, id] }
    moved(`stores ${value === -1 ? 'a value of nobody' : `value ${value}`}`, stored, to)
  }
  const isStoring = !context.windows.includes('put') && executions.some((one) => one?.step === 'createSecret')
  if (labels.pending !== null && !isStoring) {
    change('clears AWSPENDING', withLabels(world, { ...labels, pending: null }, context.lag))
  }
  if (labels.isOn) change('switches rotation off', withLabels(world, { ...labels, isOn: false }, context.lag))
}

const eventsOf = (node: Node, context: Context): readonly Event[] => {
  const events: Event[] = []
  const happen: Happen = (happened, change, broken = []) => {
    events.push({ node: { ...node, ...change, before: node, happened }, broken })
  }
  for (const who of [0, 1] as const) {
    carryOn(node, who, context, happen)
    crash(node, who, happen)
  }
  drivesOn(node, context, happen)
  askForMore(node, context, happen)
  colleague(node, context, happen)
  operator(node, context, happen)
  if (node.world.slow !== null) happen('the new value is accepted everywhere', { world: { ...node.world, slow: null } })
  return events
}

const rootOf = (world: World, budgets: Partial<Budgets> = {}): Node => ({
  world,
  executions: [null, null],
  drive: world.labels.pending === null ? null : { id: world.labels.pending, step: 0, reached: 3 },
  budgets: { ...noBudgets, ...budgets },
  before: undefined,
  happened: '',
})

export const search = (what: Search): Found => {
  const { roots, budgets, maxStates = Number.POSITIVE_INFINITY, until = [] } = what
  const context = contextOf(what)
  const seen = new Set<string>()
  const queue: Node[] = []
  const broken = new Map<Claim, Broken>()
  let transitions = 0
  const visit = (node: Node): void => {
    const key = keyOf(node)
    if (seen.has(key)) return
    seen.add(key)
    if (!broken.has('doesNotEnd') && !endsByRevoke(node.world, context)) {
      broken.set('doesNotEnd', { claim: 'doesNotEnd', way: wayTo(node) })
    }
    queue.push(node)
  }
  for (const root of roots) visit(rootOf(root, budgets))
  let at = 0
  const isOver = (): boolean => seen.size >= maxStates || until.some((claim) => broken.has(claim))
  for (; at < queue.length && !isOver(); at += 1) {
    const node = queue[at]
    if (node === undefined) break
    for (const event of eventsOf(node, context)) {
      transitions += 1
      for (const claim of event.broken) if (!broken.has(claim)) broken.set(claim, { claim, way: wayTo(event.node) })
      if (event.broken.length === 0) visit(event.node)
    }
  }
  return { states: seen.size, transitions, isComplete: at === queue.length, broken: [...broken.values()] }
}

export interface Played {
  readonly world: World
  readonly broken: readonly Claim[]
  /** Where the way could not be followed: the event that was not there, and what was instead. */
  readonly missing?: { readonly event: string; readonly instead: readonly string[] }
}

/** Follows one way: each event is the beginning of what happens. */
export const play = (what: Search & { readonly way: readonly string[] }): Played => {
  const context = contextOf(what)
  const [root] = what.roots
  if (root === undefined) throw new RangeError('a way needs a root')
  let node = rootOf(root, what.budgets)
  const broken: Claim[] = []
  for (const event of what.way) {
    const events = eventsOf(node, context)
    const exact = events.find(({ node: { happened } }) => happened === event)
    const next = exact ?? events.find(({ node: { happened } }) => happened.startsWith(event))
    if (next === undefined) {
      return { world: node.world, broken, missing: { event, instead: events.map(({ node: to }) => to.happened) } }
    }
    broken.push(...next.broken)
    node = next.node
  }
  if (!endsByRevoke(node.world, context)) broken.push('doesNotEnd')
  return { world: node.world, broken }
}
