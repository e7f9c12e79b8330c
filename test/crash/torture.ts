// `npm run torture`: the long form of everything in this folder. Prints each suite's figures as it ends, every violation, and one last
// line with the counts. Exit 1 when anything was violated. `--quick` plays a share, to see that it runs.
import { runConsumers } from './consumers.ts'
import { runCrashes } from './crash-runs.ts'
import { runFaults } from './fault-runs.ts'
import { runCollisions, runRaces } from './race-runs.ts'
import { createSeat, type Seat } from './seat.ts'
import { runWalks } from './walks.ts'

const isQuick = process.argv.includes('--quick')

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const withSeat = async <Report>(
  run: (seat: Seat) => Promise<Report>,
  timings: Parameters<typeof createSeat>[1] = {},
): Promise<Report> => {
  const seat = await createSeat({}, timings)
  try {
    return await run(seat)
  } finally {
    await seat.close()
  }
}

/** These runs want no call to time out: a repeated RotateSecret would be refused because of itself. */
const patient = { timeoutMs: 5000 }

const violations: string[] = []
const suite = async <Report extends { readonly violations: readonly string[] }>(
  name: string,
  run: () => Promise<Report>,
): Promise<Report> => {
  const startedAt = performance.now()
  const report = await run()
  violations.push(...report.violations.map((violation) => `${name}: ${violation}`))
  const { violations: found, ...figures } = report
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  say(`${name}: ${JSON.stringify(figures)}, ${found.length} violated, ${seconds} s`)
  for (const violation of found.slice(0, 20)) say(`  ${violation}`)
  return report
}

const crashes = await suite('crashes', () =>
  withSeat((seat) => runCrashes(seat, { everyContinuation: !isQuick, doubleEvery: isQuick ? 500 : 12 })))
const faults = await suite('faults', () =>
  withSeat((seat) => runFaults(seat, { everyFault: !isQuick, outages: !isQuick })))
const races = await suite('races', () => withSeat((seat) => runRaces(seat, { long: !isQuick }), patient))
const collisions = await suite('collisions', () => withSeat((seat) => runCollisions(seat, { long: !isQuick }), patient))
const seed = Number(process.env.TORTURE_SEED ?? Math.floor(Math.random() * 2 ** 31))
say(`walks use seed ${seed}`)
const walks = await suite('walks', () => runWalks({ seed, walks: isQuick ? 20 : 1500, length: 30 }))
const consumers = await suite('consumers', () => runConsumers({ rotations: isQuick ? 10 : 300, faults: 0.05, seed }))

say(
  [
    `${crashes.points} crash points`,
    `${crashes.runs + races.runs + collisions.runs} runs`,
    `${faults.runs} faults`,
    `${walks.walks} walks`,
    `${consumers.requests} consumer requests`,
    `${violations.length + consumers.failures} failures`,
  ].join(', '),
)
process.exitCode = violations.length + consumers.failures === 0 ? 0 : 1
