// `npm run bench:stale`: incidents and planned switches while the services lag, in virtual time: how long an incident takes, and whether
// anything was killed, lost, left behind or said to be refused that is not. `--runs 1000` of each; `--seed N`; `--only WORDS` of a row's name;
// `--minutes N` stops before the row that would begin later. Exit 1 when any count is not zero.
import { parseArgs } from 'node:util'
import {
  incidentLags,
  type Lag,
  type LagReport,
  runIncidents,
  runSwitches,
  type SwitchesReport,
  switchLag,
} from '../test/crash/stale-incidents.ts'
import { integer, median, quantile, tableText } from './report.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    only: { type: 'string', default: '' },
    minutes: { type: 'string', default: '600' },
  },
})
const [runs, seed, minutes] = [Number(values.runs), Number(values.seed), Number(values.minutes)]

const seconds = (ms: number): string => (ms / 1000).toFixed(1)

const incidentRow = ({ name }: Lag, report: LagReport): readonly string[] => [
  name,
  integer(report.runs),
  ...[report.killed, report.falselyRefused, report.lost, report.jammed, report.unfinished].map(integer),
  seconds(median(report.times)),
  seconds(quantile(report.times, 0.9)),
]

const switchRow = ({ name }: Lag, report: SwitchesReport): readonly string[] => [
  name,
  integer(report.runs),
  integer(report.requests),
  integer(report.refused),
]

const violations: string[] = []
const endAt = performance.now() + minutes * 60_000
const isWanted = ({ name }: Lag): boolean => name.includes(values.only) && performance.now() < endAt

const incidents: (readonly string[])[] = []
for (const lag of incidentLags.filter(({ name }) => name.includes(values.only))) {
  if (!isWanted(lag)) continue
  const report = await runIncidents({ lag, runs, seed })
  incidents.push(incidentRow(lag, report))
  violations.push(...report.violations)
  console.error(incidents.at(-1)?.join(' · '))
}
const switches: (readonly string[])[] = []
if (isWanted(switchLag)) {
  const report = await runSwitches({ lag: switchLag, runs, seed })
  switches.push(switchRow(switchLag, report))
  violations.push(...report.violations)
}

console.log(
  tableText({
    title: `Incidents, seed ${seed}`,
    columns: [
      'Lag',
      'runs',
      'AWSCURRENT killed',
      'falsely refused',
      'values lost',
      'later rotations refused',
      'not settled',
      'median, s',
      'p90, s',
    ],
    rows: incidents,
  }),
)
console.log(
  tableText({
    title: 'Planned switches',
    columns: ['Lag', 'runs', 'exchanges', 'refused'],
    rows: switches,
  }),
)
for (const violation of violations.slice(0, 50)) console.log(violation)
if (violations.length > 0) process.exitCode = 1
