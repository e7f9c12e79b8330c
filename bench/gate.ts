// `npm run bench:gate`: runs every bench quickly, and fails where a ratio has become worse than 1.5 times the recorded one, or where one that was
// recorded is measured no more. `-- --only cold` runs some.
import { parseArgs } from 'node:util'
import { benches, isBenchName } from './benches.ts'
import { compare, GATE, readRecorded } from './recorded.ts'
import { machine } from './report.ts'

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const names = Object.keys(benches).filter((name) => values.only === undefined || values.only.split(',').includes(name))
console.log(machine())
const ratios: Record<string, number> = {}
for (const name of names.filter(isBenchName)) {
  console.error(`${name} …`)
  Object.assign(ratios, (await benches[name]({ isFull: false, isQuick: true })).ratios)
}
const isAsked = (name: string): boolean => names.includes(name.slice(0, name.indexOf(':')))
const recorded = Object.fromEntries(Object.entries(readRecorded()).filter(([name]) => isAsked(name)))
const compared = compare(ratios, recorded)
for (const { name, now, recorded: before, verdict } of compared) {
  console.log(`${verdict.padEnd(7)} ${now.toFixed(3).padStart(8)}  recorded ${before?.toFixed(3) ?? '–'}  ${name}`)
}
const failed = compared.filter(({ verdict }) => verdict !== 'holds')
console.log(
  failed.length === 0
    ? `${compared.length} ratios hold, each within ${GATE} times the recorded one`
    : `${failed.length} of ${compared.length} ratios do not hold`,
)
if (compared.length === 0 || failed.length > 0) process.exitCode = 1
