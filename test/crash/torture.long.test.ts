// How the torture is split, resumed and joined: its plan and its records as plain values, then one very small run of it.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as pathOf } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importsOf } from '../../scripts/changed-tests.ts'
import {
  type Ended,
  endedLine,
  headLine,
  type Journal,
  join,
  leftOf,
  type Report,
  readJournal,
  readShard,
  type TortureRun,
  unitsOf,
} from './torture-journal.ts'
import { readOptions } from './torture-options.ts'
import { isHashed } from './torture-sources.ts'
import { gaps, tortureKinds, tortureUnits } from './torture-units.ts'
import { playAll } from './torture-workers.ts'

const run: TortureRun = { sources: 'abc', seed: 7, isQuick: false, only: '' }
const names = ['a', 'b', 'c', 'd', 'e']
const clean: Report = { points: 2, runs: 10, violations: [] }
const ended = (unit: string, report: Report = clean): Ended => ({ unit, suite: 'crashes', seconds: 1, report })
const journal = (shard: number, of: number, units: readonly Ended[], own = run): Journal => ({
  run: own,
  shard: { shard, of },
  ended: units,
})

describe('the units', () => {
  const units = tortureUnits({ isQuick: false, seed: 1 })
  const suites = ['crashes', 'faults', 'races', 'collisions', 'walks', 'consumers', 'stale'] as const

  test('cover every kind of secret in every suite, or say why not', () => {
    const cells = tortureKinds().flatMap(({ name }) =>
      suites.map((suite) => ({
        cell: `${name}: ${suite}`,
        isPlayed: units.some((unit) => unit.kind === name && unit.suite === suite),
        isNamed: (gaps[name]?.[suite] ?? '') !== '',
      })),
    )

    expect(cells.filter(({ isPlayed, isNamed }) => isPlayed === isNamed)).toEqual([])
    expect(cells.filter(({ cell, isPlayed }) => /crashes|faults/.test(cell) && !isPlayed)).toEqual([])
  })

  test('have a name each, the same for the same seed', () => {
    const again = tortureUnits({ isQuick: false, seed: 1 })

    expect(new Set(units.map(({ name }) => name)).size).toBe(units.length)
    expect(again.map(({ name }) => name)).toEqual(units.map(({ name }) => name))
  })

  test.each([1, 2, 3, 7])(
    'cut in %d shards are all played, each once, and each suite is spread over all shards',
    (of) => {
      const shards = Array.from({ length: of }, (_, at) => unitsOf(units, { shard: at + 1, of }))

      expect(
        shards
          .flat()
          .map(({ name }) => name)
          .sort(),
      ).toEqual(units.map(({ name }) => name).sort())
      for (const suite of suites) {
        const shares = shards.map((shard) => shard.filter((unit) => unit.suite === suite).length)
        const even = units.filter((unit) => unit.suite === suite).length / of
        expect(Math.max(...shares) - even).toBeLessThan(tortureKinds().length)
      }
    },
  )
})

describe('a record', () => {
  const text = `${headLine(run, { shard: 2, of: 3 })}${endedLine(ended('a'))}${endedLine(ended('b'))}`

  test('says what has ended, the latest of each unit, whatever a kill has cut short', () => {
    const repeated = ended('a', { runs: 1, violations: ['lost'] })

    expect(readJournal(`${text}${endedLine(repeated)}{"unit":"c","rep`)).toEqual(journal(2, 3, [repeated, ended('b')]))
  })

  test.each(['', '{"unit":"a"}\n', 'nonsense\n'])('without its first line is none: %j', (broken) => {
    expect(readJournal(broken)).toBeUndefined()
  })

  test('leaves to play what has not ended and what has failed', () => {
    const units = names.map((name) => ({ name }))
    const failed = ended('b', { violations: ['lost'] })
    const unanswered = ended('c', { requests: 9, failures: 1, violations: [] })
    const idle = ended('d', { points: 0, runs: 0, violations: [] })

    const left = leftOf(units, journal(1, 1, [ended('a'), failed, unanswered, idle]))

    expect(left.map(({ name }) => name)).toEqual(['b', 'c', 'd', 'e'])
    expect(leftOf(units, undefined)).toEqual(units)
  })
})

describe('joined', () => {
  const first = ['a', 'c', 'e'].map((unit) => ended(unit))
  const second = ['b', 'd'].map((unit) => ended(unit))

  test('all shards come to one line of counts', () => {
    expect(join([journal(2, 2, second), journal(1, 2, first)], names, run)).toEqual({
      line: '10 crash points, 50 crash runs, 0 faults, 0 races, 0 collisions, 0 walks, 0 consumer requests, 0 stale replies, 0 failures',
      faults: [],
    })
  })

  test.each([
    ['no results at all', [], 'There are no results to join.'],
    ['a shard without results', [journal(1, 2, first)], 'shard 2 of 2: there are no results.'],
    [
      'a unit that has not ended',
      [journal(1, 2, first), journal(2, 2, second.slice(1))],
      'shard 2 of 2: 1 units have not ended: b.',
    ],
    [
      'a unit that failed',
      [journal(1, 2, first), journal(2, 2, [ended('b', { violations: ['lost'] }), ended('d')])],
      'shard 2 of 2: 1 units failed: b.',
    ],
    [
      'a unit that played nothing',
      [journal(1, 2, first), journal(2, 2, [ended('b', { runs: 0, violations: [] }), ended('d')])],
      'shard 2 of 2: 1 units failed: b.',
    ],
    [
      'a shard of other sources',
      [journal(1, 2, first), journal(2, 2, second, { ...run, sources: 'xyz' })],
      'shard 2 of 2: of other sources, another seed or another form of the run.',
    ],
    [
      'a shard from another seed',
      [journal(1, 2, first), journal(2, 2, second, { ...run, seed: 8 })],
      'shard 2 of 2: of other sources, another seed or another form of the run.',
    ],
    [
      'a shard of another cut',
      [journal(1, 2, first), journal(2, 2, second), journal(1, 3, [])],
      'shard 1 of 3: of other sources, another seed or another form of the run.',
    ],
  ] as const)('%s is said, and the counts do not stand', (_what, journals, fault) => {
    expect(join(journals, names, run).faults).toContain(fault)
  })
})

test('a name that no unit has is no success', () => {
  const own = { ...run, only: 'nonesuch' }

  expect(join([journal(1, 1, [], own)], [], own).faults).toEqual(['No unit has nonesuch in its name.'])
})

test('the sources that results depend on are all that the torture imports', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const imports = await importsOf(root)
  const [left, reached] = [['test/crash/torture.ts'], new Set<string>()]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (reached.has(next)) continue
    reached.add(next)
    left.push(...(imports.get(next) ?? []).filter((file) => file.endsWith('.ts') && !file.includes('node_modules/')))
  }

  expect(reached.size).toBeGreaterThan(100)
  expect([...reached].filter((file) => !isHashed(file))).toEqual([])
})

describe('the command line', () => {
  const here = { processors: 2, seed: undefined }

  test.each([
    ['2/3', { shard: 2, of: 3 }],
    ['1/1', { shard: 1, of: 1 }],
    ['0/3', undefined],
    ['4/3', undefined],
    ['2', undefined],
    ['1/3x', undefined],
  ])('reads %s as a shard, or refuses it', (text, shard) => {
    expect(readShard(text)).toEqual(shard)
  })

  test('lists every fault', () => {
    expect(readOptions(['--shard', '3/2', '--jobs', 'x', '--join', '--resume'], { ...here, seed: 'y' })).toEqual({
      faults: [
        '--shard 3/2: expected i/n, with i from 1 to n',
        '--jobs x: expected a whole number from 1',
        'TORTURE_SEED=y: expected a whole number',
        '--join plays nothing that --resume could go on with',
      ],
    })
    expect(readOptions(['--shards', '1/2'], here)).toEqual({ faults: [expect.stringContaining('--shards')] })
  })

  test('without options is the whole, with as many at a time as there are processors', () => {
    expect(readOptions([], here)).toMatchObject({
      shard: { shard: 1, of: 1 },
      jobs: 2,
      isResumed: false,
      isQuick: false,
    })
  })
})

test('what is played runs so many at a time, and each unit once', async () => {
  const order: string[] = []
  let [now, most] = [0, 0]
  const found: string[] = []

  await playAll({
    units: names.map((name) => ({ name })),
    jobs: 2,
    startWorker: () => ({
      play: async (unit) => {
        now += 1
        most = Math.max(most, now)
        order.push(unit)
        await Promise.resolve()
        now -= 1
        return clean
      },
      end: () => {},
    }),
    onEnd: ({ name }) => found.push(name),
  })

  expect(order.toSorted()).toEqual(names)
  expect(found.toSorted()).toEqual(names)
  expect(most).toBe(2)
})

describe('played', { timeout: 300_000 }, () => {
  let results: string
  beforeAll(() => {
    results = mkdtempSync(pathOf(tmpdir(), 'torture-'))
  })
  afterAll(() => rmSync(results, { recursive: true, force: true }))

  const torture = (...args: readonly string[]) => {
    const only = 'SCIM connection: collisions, from X'
    const all = [fileURLToPath(new URL('torture.ts', import.meta.url)), '--quick', '--only', only, '--results', results]
    const env = { ...process.env, TORTURE_SEED: '5' }
    const { status, stdout } = spawnSync(process.execPath, [...all, ...args], { encoding: 'utf8', env })
    return { status, stdout, last: stdout.trim().split('\n').at(-1) ?? '' }
  }

  test('in shards, cut short, resumed and joined, it comes to one line of counts', () => {
    const first = torture('--shard', '1/2')
    const early = torture('--join')
    const second = torture('--shard', '2/2')
    // As a kill leaves it: the last unit is cut short.
    const path = pathOf(results, 'shard-1-of-2.jsonl')
    const whole = readFileSync(path, 'utf8')
    writeFileSync(path, whole.slice(0, -20))
    const torn = torture('--join')
    const resumed = torture('--shard', '1/2', '--resume')
    const joined = torture('--join')

    expect(first).toMatchObject({ status: 0, last: expect.stringMatching(/ [1-9]\d* collisions, .* 0 failures$/) })
    expect(early).toMatchObject({ status: 1, stdout: expect.stringContaining('shard 2 of 2: there are no results.') })
    expect(second.status).toBe(0)
    expect(torn).toMatchObject({ status: 1, last: expect.stringMatching(/1 units missing$/) })
    expect(resumed).toMatchObject({ status: 0, last: first.last })
    expect(resumed.stdout).toContain(': 1 of 2 units to play')
    expect(joined).toMatchObject({ status: 0, last: expect.stringMatching(/ [1-9]\d* collisions, .* 0 failures$/) })
    appendFileSync(
      path,
      endedLine({ ...ended('SCIM connection: collisions, from X, C dead', { violations: ['lost'] }) }),
    )
    expect(torture('--join').status).toBe(1)
  })
})
