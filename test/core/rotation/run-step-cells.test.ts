// Position × pending stored or not × intent × step: every cell, run for real against a world that stands there. The tables say what
// must happen by the architecture (§3, "The four steps, by intent"); they are written by hand, and computed from nothing.
import { describe, expect, test } from 'vitest'
import { type Step, steps } from '../../../lambda/core/rotation/refusal.ts'
import type { Intent, Origin } from '../../../lambda/core/secret/request-token.ts'
import { effectOf } from '../../fakes/effect.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { CLIENT_ID, createWorld, nameOf, textOf, tokenOf, valueNamed } from '../../fakes/world.ts'
import { accepted, BY_HAND } from './step-seat.ts'

/**
 * C is AWSCURRENT's value, V AWSPREVIOUS's. P is what this rotation stores: a new value for rotate and revoke, C for settle, V for
 * rollback. X and Y are stored nowhere. Where P is not stored, or is a copy, a world that needs a P of its own holds one that
 * nobody can name: it then stands where the issuer seems to show it.
 */
const worlds = {
  started: ['C', 'P'],
  promoted: ['P', null],
  poisoned: ['C', 'X'],
  settled: ['C', null],
  overlap: ['V', 'C'],
  rolledBack: ['C', 'V'],
  orphan: ['C', 'X'],
  cancelledUnderUs: ['V', null],
  drift: ['X', null],
  driftWithNext: ['X', 'Y'],
  /** An orphan that ends like C, beside it: what a lost start may leave (docs/decisions/007). */
  alike: ['C', 'X'],
  /** Two values that share their last four sit in the two slots, and both are accepted. C, a colleague's, was stored by hand. */
  ambiguous: ['V', 'C'],
} as const
type WorldName = keyof typeof worlds

interface Cell {
  readonly intent: Intent
  readonly isStored: boolean
  readonly name: WorldName
  readonly step: Step
  readonly currentOrigin: Origin
}

const build = ({ intent, isStored, name, currentOrigin }: Omit<Cell, 'step'>) => {
  const world = createWorld()
  const isCopy = intent === 'settle' || intent === 'rollback'
  const twins = name === 'ambiguous'
  const pendingTwin = twins && isStored && !isCopy
  const values: Record<'C' | 'V' | 'P' | 'X' | 'Y', string> = {
    C: valueNamed('C'),
    V: valueNamed('V', twins && !pendingTwin ? 'CCCC' : 'VVVV'),
    P: valueNamed('P', pendingTwin ? 'CCCC' : 'PPPP'),
    X: valueNamed('X', name === 'alike' ? 'CCCC' : 'XXXX'),
    Y: valueNamed('Y'),
  }
  const pending = { rotate: values.P, revoke: values.P, settle: values.C, rollback: values.V }[intent]
  world.secrets.place(tokenOf('register'), { text: textOf(values.V), labels: ['AWSCURRENT'] })
  const currentId = twins && currentOrigin === 'rotate' ? BY_HAND : tokenOf(currentOrigin)
  world.secrets.place(currentId, { text: textOf(values.C), labels: ['AWSCURRENT'] })
  const token = tokenOf(intent)
  world.secrets.rotateSecret(token)
  if (isStored) world.secrets.place(token, { text: textOf(pending), labels: ['AWSPENDING'] })
  // A rollback's P is V, wherever it is told to sit.
  const inSlot = (slot: 'C' | 'V' | 'P' | 'X' | 'Y') =>
    slot === 'P' && intent === 'rollback' ? values.V : values[slot]
  const [current, next] = pendingTwin ? (['C', 'P'] as const) : worlds[name]
  world.issuer.clients.set(CLIENT_ID, {
    current: inSlot(current),
    next: next === null ? null : inSlot(next),
    isActive: true,
    boundTo: SECRET_ARN,
  })
  return { world, token, values }
}

/** A row is a world, its columns are the four steps. */
const table = (text: string): readonly (readonly [WorldName, Step, string])[] =>
  text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [name = '', ...cells] = line.split('|').map((cell) => cell.trim())
      if (!(name in worlds) || cells.length !== steps.length) throw new Error(`not a row: ${line}`)
      return steps.map((step, at) => [name as WorldName, step, cells[at] ?? ''] as const)
    })

interface Block {
  readonly intent: Intent
  readonly isStored: boolean
  readonly currentOrigin?: Origin
  readonly cells: string
}

const missing = 'no pendingMissing, kept'
const late = 'fault STEP_OUT_OF_ORDER'
const switched = 'move: Completed, Changed'
const poisoned = 'no poisoned, cleared: Refused, Drift'
const drift = 'no drift, cleared: Refused, Drift'
const cancelled = 'no cancelledUnderUs, cleared: Refused, Drift'
const ambiguous = 'no ambiguous, cleared: Refused, Drift'
const settled = 'no settled, cleared: Refused'
const orphan = 'no orphan, cleared: Refused'
const rolledBack = 'no rolledBack, cleared: Refused'
const restores = 'no wouldRestoreRevoked, cleared: Refused'

/** Of a new value that is stored, whatever it is for. In the last row P sits in a slot whichever way round: it may become AWSCURRENT. */
const newAndStored = `
  started          | nothing | nothing | nothing     | ${switched}
  promoted         | nothing | nothing | nothing     | ${switched}
  poisoned         | nothing | nothing | ${poisoned} | ${poisoned}
  settled          | nothing | nothing | ${poisoned} | ${poisoned}
  overlap          | nothing | nothing | ${poisoned} | ${poisoned}
  rolledBack       | nothing | nothing | ${poisoned} | ${poisoned}
  orphan           | nothing | nothing | ${poisoned} | ${poisoned}
  alike            | nothing | nothing | ${poisoned} | ${poisoned}
  cancelledUnderUs | nothing | nothing | ${poisoned} | ${poisoned}
  drift            | nothing | nothing | ${poisoned} | ${poisoned}
  driftWithNext    | nothing | nothing | ${poisoned} | ${poisoned}
  ambiguous        | nothing | nothing | nothing     | ${switched}`

const blocks: readonly Block[] = [
  {
    intent: 'rotate',
    isStored: false,
    cells: `
      started          | cancel > start > put new1   | nothing | ${missing} | ${missing}
      promoted         | ${drift}                    | nothing | ${missing} | ${missing}
      poisoned         | cancel > start > put new1   | nothing | ${missing} | ${missing}
      settled          | start > put new1            | nothing | ${missing} | ${missing}
      overlap          | complete > start > put new1 | nothing | ${missing} | ${missing}
      rolledBack       | cancel > start > put new1   | nothing | ${missing} | ${missing}
      orphan           | cancel > start > put new1   | nothing | ${missing} | ${missing}
      alike            | cancel > start > put new1   | nothing | ${missing} | ${missing}
      cancelledUnderUs | ${cancelled}                | nothing | ${missing} | ${missing}
      drift            | ${drift}                    | nothing | ${missing} | ${missing}
      driftWithNext    | ${drift}                    | nothing | ${missing} | ${missing}
      ambiguous        | ${ambiguous}                | nothing | ${missing} | ${missing}`,
  },
  { intent: 'rotate', isStored: true, cells: newAndStored },
  {
    intent: 'revoke',
    isStored: false,
    cells: `
      started          | cancel > start > put new1   | nothing | ${missing} | ${missing}
      promoted         | start > put new1            | nothing | ${missing} | ${missing}
      poisoned         | cancel > start > put new1   | nothing | ${missing} | ${missing}
      settled          | start > put new1            | nothing | ${missing} | ${missing}
      overlap          | complete > start > put new1 | nothing | ${missing} | ${missing}
      rolledBack       | cancel > start > put new1   | nothing | ${missing} | ${missing}
      orphan           | cancel > start > put new1   | nothing | ${missing} | ${missing}
      alike            | cancel > start > put new1   | nothing | ${missing} | ${missing}
      cancelledUnderUs | start > put new1            | nothing | ${missing} | ${missing}
      drift            | start > put new1            | nothing | ${missing} | ${missing}
      driftWithNext    | cancel > start > put new1   | nothing | ${missing} | ${missing}
      ambiguous        | ${ambiguous}                | nothing | ${missing} | ${missing}`,
  },
  { intent: 'revoke', isStored: true, cells: newAndStored },
  {
    intent: 'settle',
    isStored: false,
    cells: `
      started          | put C        | ${missing} | ${missing} | ${missing}
      promoted         | ${drift}     | ${missing} | ${missing} | ${missing}
      poisoned         | put C        | ${missing} | ${missing} | ${missing}
      settled          | put C        | ${missing} | ${missing} | ${missing}
      overlap          | put C        | ${missing} | ${missing} | ${missing}
      rolledBack       | put C        | ${missing} | ${missing} | ${missing}
      orphan           | put C        | ${missing} | ${missing} | ${missing}
      alike            | put C        | ${missing} | ${missing} | ${missing}
      cancelledUnderUs | ${cancelled} | ${missing} | ${missing} | ${missing}
      drift            | ${drift}     | ${missing} | ${missing} | ${missing}
      driftWithNext    | ${drift}     | ${missing} | ${missing} | ${missing}
      ambiguous        | ${ambiguous} | ${missing} | ${missing} | ${missing}`,
  },
  {
    intent: 'settle',
    isStored: true,
    // Storing the same text twice is a no-op at Secrets Manager: createSecret may say it again.
    cells: `
      started          | put C        | cancel       | nothing      | ${late}
      promoted         | ${drift}     | ${drift}     | ${drift}     | ${drift}
      poisoned         | put C        | cancel       | nothing      | ${late}
      settled          | put C        | nothing      | nothing      | move: Completed
      overlap          | put C        | complete     | nothing      | ${late}
      rolledBack       | put C        | cancel       | nothing      | ${late}
      orphan           | put C        | cancel       | nothing      | ${late}
      alike            | put C        | cancel       | nothing      | ${late}
      cancelledUnderUs | ${cancelled} | ${cancelled} | ${cancelled} | ${cancelled}
      drift            | ${drift}     | ${drift}     | ${drift}     | ${drift}
      driftWithNext    | ${drift}     | ${drift}     | ${drift}     | ${drift}
      ambiguous        | ${ambiguous} | ${ambiguous} | nothing      | ${ambiguous}`,
  },
  {
    intent: 'rollback',
    isStored: false,
    cells: `
      started          | ${rolledBack} | ${missing} | ${missing} | ${missing}
      promoted         | put V         | ${missing} | ${missing} | ${missing}
      poisoned         | ${orphan}     | ${missing} | ${missing} | ${missing}
      settled          | ${settled}    | ${missing} | ${missing} | ${missing}
      overlap          | put V         | ${missing} | ${missing} | ${missing}
      rolledBack       | ${rolledBack} | ${missing} | ${missing} | ${missing}
      orphan           | ${orphan}     | ${missing} | ${missing} | ${missing}
      alike            | ${orphan}     | ${missing} | ${missing} | ${missing}
      cancelledUnderUs | put V         | ${missing} | ${missing} | ${missing}
      drift            | ${drift}      | ${missing} | ${missing} | ${missing}
      driftWithNext    | ${drift}      | ${missing} | ${missing} | ${missing}
      ambiguous        | ${ambiguous}  | ${missing} | ${missing} | ${missing}`,
  },
  {
    intent: 'rollback',
    isStored: true,
    // P = V sits in a slot in the last row, whichever way round.
    cells: `
      started          | nothing | nothing      | nothing    | ${switched}
      promoted         | nothing | nothing      | nothing    | ${switched}
      poisoned         | nothing | ${orphan}    | ${orphan}  | ${orphan}
      settled          | nothing | ${settled}   | ${settled} | ${settled}
      overlap          | nothing | nothing      | nothing    | ${switched}
      rolledBack       | nothing | nothing      | nothing    | ${switched}
      orphan           | nothing | ${orphan}    | ${orphan}  | ${orphan}
      alike            | nothing | ${orphan}    | ${orphan}  | ${orphan}
      cancelledUnderUs | nothing | nothing      | nothing    | ${switched}
      drift            | nothing | ${drift}     | ${drift}   | ${drift}
      driftWithNext    | nothing | ${drift}     | ${drift}   | ${drift}
      ambiguous        | nothing | nothing      | nothing    | ${switched}`,
  },
  {
    intent: 'rollback',
    isStored: false,
    currentOrigin: 'revoke',
    cells: `
      started          | ${restores} | ${missing} | ${missing} | ${missing}
      promoted         | ${restores} | ${missing} | ${missing} | ${missing}
      poisoned         | ${restores} | ${missing} | ${missing} | ${missing}
      settled          | ${restores} | ${missing} | ${missing} | ${missing}
      overlap          | ${restores} | ${missing} | ${missing} | ${missing}
      rolledBack       | ${restores} | ${missing} | ${missing} | ${missing}
      orphan           | ${restores} | ${missing} | ${missing} | ${missing}
      alike            | ${restores} | ${missing} | ${missing} | ${missing}
      cancelledUnderUs | ${restores} | ${missing} | ${missing} | ${missing}
      drift            | ${restores} | ${missing} | ${missing} | ${missing}
      driftWithNext    | ${restores} | ${missing} | ${missing} | ${missing}
      ambiguous        | ${restores} | ${missing} | ${missing} | ${missing}`,
  },
  {
    intent: 'rollback',
    isStored: true,
    currentOrigin: 'revoke',
    cells: `
      started          | nothing | ${restores}      | nothing    | ${restores}
      promoted         | nothing | ${restores}      | nothing    | ${restores}     
      poisoned         | nothing | ${restores}      | ${orphan}  | ${restores}
      settled          | nothing | ${restores}      | ${settled} | ${restores}
      overlap          | nothing | ${restores}      | nothing    | ${restores}
      rolledBack       | nothing | ${restores}      | nothing    | ${restores}
      orphan           | nothing | ${restores}      | ${orphan}  | ${restores}
      alike            | nothing | ${restores}      | ${orphan}  | ${restores}
      cancelledUnderUs | nothing | ${restores}      | nothing    | ${restores}     
      drift            | nothing | ${restores}      | ${drift}   | ${restores}
      driftWithNext    | nothing | ${restores}      | ${drift}   | ${restores}
      ambiguous        | nothing | ${restores}      | nothing    | ${restores}`,
  },
]

const cells = blocks.flatMap(({ cells: text, currentOrigin = 'rotate', ...block }) =>
  table(text).map(([name, step, expected]) => ({ ...block, currentOrigin, name, step, expected })),
)

describe('the tables', () => {
  test('have every cell', () => {
    const named = cells
      .filter(({ currentOrigin }) => currentOrigin === 'rotate')
      .map(({ intent, isStored, name, step }) => `${intent} ${isStored} ${name} ${step}`)

    expect(new Set(named).size).toBe(4 * 2 * Object.keys(worlds).length * 4)
    expect(named.length).toBe(new Set(named).size)
  })
})

/** Where the code departs from the table today, with what it does; to be struck out when it no longer does. */
const departures: Readonly<Record<string, string>> = {}

const run = async (cell: Cell) => {
  const built = build(cell)
  const { world, token } = built
  const effect = await effectOf(world, () => world.step(cell.step, token))
  return { ...built, effect }
}

test.each(cells)(
  '$intent ($currentOrigin, stored: $isStored), $name, $step: $expected',
  async ({ expected, ...cell }) => {
    const key = [cell.intent, cell.isStored ? 'stored' : 'missing', cell.name, cell.step].join(' ')

    const { world, effect } = await run(cell)

    expect(effect).toBe(departures[key] ?? expected)
    expect(world.said()).not.toContain('canary')
  },
)

describe('in no cell', () => {
  test.each(cells)('is a live AWSCURRENT killed: $intent ($currentOrigin, $isStored), $name, $step', async (cell) => {
    const before = build(cell)
    const wasAlive = accepted(before.world).includes('C')

    const { world } = await run(cell)

    const current = world.valueUnder('AWSCURRENT')
    if (wasAlive) expect(accepted(world)).toContain(nameOf(current ?? 'nothing'))
  })
})
