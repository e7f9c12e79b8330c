// Keeps what a test's laptop evaluated, where M2M_RECORD_CALLS names a folder: `npm run rights -- --calls FOLDER` puts it to the template's policies.
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { recordOf, writeCalls } from '../../scripts/rights/recorded-calls.ts'

/** To be called before the laptop is closed. */
export const recordCalls = ({ rights }: Pick<Laptop, 'rights'>): void => {
  const { M2M_RECORD_CALLS: folder } = process.env
  if (folder === undefined || rights === undefined) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${randomUUID()}.jsonl`), writeCalls([recordOf(rights.evaluations())]))
}
