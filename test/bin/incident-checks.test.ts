// What an incident's checks say, and how much of a screen its lines take.
import { expect, test } from 'vitest'
import { type Checks, checkWords } from '../../bin/incident/checks.ts'
import type { ClientOutcome } from '../../bin/incident/client-outcomes.ts'
import { createEndedLines, linesFor } from '../../bin/incident/ended-lines.ts'
import { BLANK } from '../fakes/blank-secret.ts'

const fine: Checks = {
  frozen: { state: 'off', by: undefined, since: undefined },
  counts: { matched: 18, retired: 2, held: 0, foreign: 0 },
  mayReport: 'yes',
  mayRotate: 'yes',
  stytch: 'answers',
  caller: 'assumed-role/operator/ada',
}

test('a right is yes or no by an answer alone, and else not known', () => {
  expect(checkWords(fine)).toMatch(/^rights +events:PutEvents yes, secretsmanager:RotateSecret yes \(assumed-role/m)
  const denied = checkWords({ ...fine, mayReport: 'no', mayRotate: { why: 'no answer within a second' } })
  expect(denied).toMatch(/^bus +denies events:PutEvents$/m)
  expect(denied).toMatch(/events:PutEvents NO, secretsmanager:RotateSecret not known/)
  expect(checkWords({ ...fine, mayReport: undefined })).toMatch(/^bus +not used \(--direct\)$/m)
})

test.each([24, 40, undefined])(
  'four hundred clients fit on a screen of %s lines, and those that are alive are named',
  (rows) => {
    const said: string[] = []
    const screen = {
      rows,
      note: (text: string) => void said.push(text),
      paint: (_style: unknown, text: string) => text,
    }
    const lines = createEndedLines(screen)
    const client = (n: number, outcome: ClientOutcome['outcome']): ClientOutcome => ({
      secret: {
        ...BLANK,
        name: `m2m/prod/client-${n}`,
        arn: `arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/prod/client-${n}-AbCdEf`,
        tags: {},
        labels: {},
        rotationEnabled: true,
        rotationFunctionArn: undefined,
        isDeleted: false,
        createdAt: 0,
        lastChangedAt: 0,
        lastRotatedAt: undefined,
        nextRotationAt: undefined,
      },
      state: 'settled',
      outcome,
      reason: outcome === 'alive' ? 'it is accepted' : null,
      since: null,
    })
    for (let n = 0; n < 399; n += 1) lines.show(client(n, 'dead'), 1400)
    lines.show(client(399, 'alive'), 1400)

    expect(said[0]).toBe('m2m/prod/client-0: dead in 1.4 s')
    expect(said.at(-1)).toBe('m2m/prod/client-399: ALIVE: it is accepted')
    // The id, six lines of checks, the table with its heading and its rest, and the sentence.
    expect(said.length + linesFor(rows).table + 11).toBeLessThanOrEqual(rows ?? 30)
  },
)
