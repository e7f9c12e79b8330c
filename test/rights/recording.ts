// Keeps what a test's laptop evaluated, where M2M_RECORD_CALLS names a folder: `npm run rights -- --calls FOLDER` puts it to the template's policies,
// and with `--write` makes calls.jsonl of it. A stage of a test's own has another template.
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LAPTOP_STAGE } from '../../lambda/local/laptop/deployment.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { recordOf, writeCalls } from '../../scripts/rights/recorded-calls.ts'

/** To be called before the laptop is closed. */
export const recordCalls = ({ rights, settings }: Pick<Laptop, 'rights' | 'settings'>): void => {
  const { M2M_RECORD_CALLS: folder } = process.env
  if (folder === undefined || rights === undefined || settings.stage !== LAPTOP_STAGE) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${randomUUID()}.jsonl`), writeCalls([recordOf(rights.evaluations())]))
}
