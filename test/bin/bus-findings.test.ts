// What doctor says of a bus that takes no report of a leak: the bus, the role, the error, and what goes on without it.
import { expect, test } from 'vitest'
import { busFindings } from '../../bin/doctor/bus-findings.ts'
import { leakSources } from '../../lambda/core/base/event-types.ts'

const context = { stage: 'prod', caller: async () => 'assumed-role/operator/ada' }
const refusing =
  (answers: Readonly<Record<string, string>>, other = 'AccessDeniedException') =>
  async (stage: string, source: string): Promise<string> => {
    expect(stage).toBe('prod')
    return answers[source] ?? other
  }

test('a bus that refuses the entry as malformed would take a report', async () => {
  expect(await busFindings(context, refusing({}, 'MalformedDetail'))).toEqual([])
})

test('whoever may report as break-glass alone may report', async () => {
  expect(await busFindings(context, refusing({ [leakSources.breakGlass]: 'MalformedDetail' }))).toEqual([])
})

test('a denial names bus, role and error, and is no reason to call the stage broken', async () => {
  const [finding, ...more] = await busFindings(context, refusing({}))

  expect(more).toEqual([])
  expect(finding).toMatchObject({ kind: 'permission', weight: 'attention', subject: 'bus m2m-prod' })
  expect(finding?.what).toBe(
    'it takes no report of a leak from assumed-role/operator/ada (events:PutEvents: AccessDeniedException)',
  )
  expect(finding?.todo).toContain('m2m incident NAME --wait revokes without it')
})

test('any other error is the bus’s own', async () => {
  const [finding] = await busFindings(context, refusing({}, 'InternalException'))

  expect(finding).toMatchObject({ kind: 'rule', weight: 'broken' })
  expect(finding?.what).toContain('events:PutEvents: InternalException')
})
