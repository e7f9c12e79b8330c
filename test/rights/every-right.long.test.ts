// One laptop that has everything switched on, and on it everything that a stage is for: no right of its template is left that nothing of it needs. What
// it evaluates is the record that the short tests hold each change of a policy against (calls.jsonl).
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { stackFileOf } from '../../lambda/local/laptop/assemblies.ts'
import type { StackFile } from '../../lambda/local/stack/stack-file.ts'
import { callsFile } from '../../scripts/rights/main.ts'
import { readCalls, recordOf, writeCalls } from '../../scripts/rights/recorded-calls.ts'
import { recordedConfig, recordedStage } from '../../scripts/rights/recorded-stage.ts'
import { heldAgainst, rightsOfStage, sentenceOf } from '../../scripts/rights/template-rights.ts'
import { awaited, reasonFor } from '../../scripts/rights/uncalled.ts'
import { type Cli, openCli } from '../e2e/cli.ts'
import { mainPath } from '../e2e/main-path.ts'
import { errands } from './errands.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const log: string[] = []
let cli: Cli
let stackFile: StackFile
beforeAll(async () => {
  stackFile = await stackFileOf(recordedConfig())
  cli = await openCli(
    { asyncRetryMs: 20 },
    { stackFile, hasVendClient: true, hasCampaignSchedule: true, onLog: (line) => log.push(line) },
  )
})
afterAll(() => cli.close())

for (const { title, run } of mainPath(() => cli, 'orders')) test(`a client ${title}`, run)

for (const { title, run } of errands({ cliOf: () => cli, stackFileOf: () => stackFile })) test(title, run)

test('no call of a function was denied', () => {
  const ofFunctions = cli.laptop.rights?.evaluations().filter(({ caller }) => 'context' in caller) ?? []

  expect(ofFunctions.length).toBeGreaterThan(100)
  expect(ofFunctions.filter(({ decision }) => decision !== 'allowed').map(({ message }) => message)).toEqual([])
})

test('each right of the template is needed by a call of these or on record, or is one of those that AWS alone uses, or that wait for one', async () => {
  // A gate is read where it was before by whoever comes first: on record are both, the intake and an operator.
  const ran = recordOf(cli.laptop.rights?.evaluations() ?? [])
  const record = readCalls(writeCalls([ran, readCalls(readFileSync(callsFile, 'utf8'))]))
  const { denied, unneeded } = heldAgainst(rightsOfStage(await recordedStage()), record)

  // What an errand does for which it takes a policy away: there is no list yet in a stage that is being made.
  expect(denied).toEqual([expect.stringMatching(/role\/admin calls s3:DeleteObject on /)])
  const waiting = awaited.map(sentenceOf)
  const without = unneeded.filter((right) => reasonFor(right) === undefined).map(sentenceOf)
  expect(without.filter((sentence) => !waiting.includes(sentence))).toEqual([])
})
