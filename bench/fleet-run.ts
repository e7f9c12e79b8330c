// `npm run fleet`: 3,000 clients, or `--clients N`, through their first days on the laptop (test/e2e/fleet-life.ts): applied, adopted, swept and
// rotated, with faults and kills. Prints what happens as it does, and one last line of counts. Exit 1 when anything is not as it must be.
import { parseArgs } from 'node:util'
import { liveThrough } from '../test/e2e/fleet-life.ts'

const { values } = parseArgs({
  options: { clients: { type: 'string', default: '3000' }, consumers: { type: 'string', default: '30' } },
})

const { faults, ...counts } = await liveThrough({
  clients: Number(values.clients),
  consumers: Number(values.consumers),
  patienceMs: 3_600_000,
  say: console.log,
})
for (const fault of faults.slice(0, 40)) console.log(`NOT AS IT MUST BE: ${fault}`)
const { applied, adopted, rotated, kills, failedCalls, requests, failures } = counts
console.log(
  `${applied} applied, ${adopted} adopted, ${rotated} rotated, ${kills} processes killed, ${failedCalls} calls failed, ${requests} consumer requests, ${failures} failed, ${faults.length} left behind`,
)
process.exitCode = faults.length === 0 ? 0 : 1
