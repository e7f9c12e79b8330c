// `npm run bench`: every bench, one after the other, on an idle machine; prints their tables, and writes bench/results.md. `-- --only rotation,cold`
// runs some, and replaces their part of the page alone; `-- --full` adds the sizes that take hours (10,000 clients revoked, 100,000 swept);
// `-- --record` makes this run's ratios the ones that `npm run bench:gate` holds later runs against.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { benches, isBenchName } from './benches.ts'
import { type Recorded, readRecorded, recordedPath } from './recorded.ts'
import { machine, tableText } from './report.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    full: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
})
const asked = values.only === undefined ? Object.keys(benches) : values.only.split(',')
const unknown = asked.filter((name) => !isBenchName(name))
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}

const page = new URL('results.md', import.meta.url)
const readPage = (): string => {
  try {
    return readFileSync(page, 'utf8')
  } catch {
    return ''
  }
}
/** Each bench has a part of the page, so that one can be measured again by itself. */
const parts = new Map(
  readPage()
    .split(/^## /m)
    .slice(1)
    .map((part) => [part.split('\n', 1)[0] ?? '', part.slice(part.indexOf('\n') + 1).trim()]),
)

const ratios: Record<string, number> = {}
for (const name of asked.filter(isBenchName)) {
  const startedAt = Date.now()
  console.error(`${name} …`)
  const on = machine()
  const result = await benches[name]({ isFull: values.full, isQuick: values.quick })
  Object.assign(ratios, result.ratios)
  const tables = result.tables.map(tableText).join('\n\n')
  console.log(`## ${name}\n\n${tables}\n`)
  const day = new Date().toISOString().slice(0, 10)
  parts.set(name, `${day}, ${on}; \`npm run bench -- --only ${name}${values.full ? ' --full' : ''}\`\n\n${tables}`)
  console.error(`${name}: ${Math.round((Date.now() - startedAt) / 1000)} s`)
}

const order = Object.keys(benches).filter((name) => parts.has(name))
const text = order.map((name) => `## ${name}\n\n${parts.get(name)}`).join('\n\n')
if (!values.quick) {
  writeFileSync(
    page,
    `# Results\n\nWritten by \`npm run bench\`. Times are of the machine named with them, with all services on it: rows of one table compare, milliseconds of two machines do not.\n\n${text}\n`,
  )
}
if (values.record) {
  const others = Object.entries(readRecorded()).filter(([name]) => !asked.includes(name.slice(0, name.indexOf(':'))))
  const recorded: Recorded = { ...Object.fromEntries(others), ...ratios }
  writeFileSync(recordedPath, `${JSON.stringify(recorded, undefined, 2)}\n`)
}
