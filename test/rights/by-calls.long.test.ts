// The table of who may do what, asked by real calls as everybody in it: each is denied or not as the table says, under every value of what IAM
// leaves undocumented. What no stand-in plays is left to the evaluator, which test/local/iam holds against the same decisions.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AwsSettings } from '../../lambda/local/aws/settings.ts'
import { abilitiesOf } from '../../scripts/rights/abilities.ts'
import { callersOf } from '../../scripts/rights/callers.ts'
import { readDeployment, synthesiseDeployment } from '../../scripts/rights/deployment.ts'
import { recordingFile } from '../../scripts/rights/main.ts'
import { readRecording } from '../../scripts/rights/recording.ts'
import { judgeBy } from '../../scripts/rights/table.ts'
import { type CalledDeployment, sentOf, startCalledDeployment } from './called-deployment.ts'

const deployment = readDeployment(synthesiseDeployment())
const callers = callersOf(deployment)
const abilities = abilitiesOf(deployment)
const judge = judgeBy(readRecording(readFileSync(recordingFile, 'utf8')))

let called: CalledDeployment
beforeAll(async () => {
  called = await startCalledDeployment(deployment, callers)
})
afterAll(() => called.close())

const asked = abilities.flatMap((ability) =>
  ability.ways.flatMap((way) => {
    const sent = way.readings.map(sentOf)
    return sent.every((one) => one !== undefined) ? [{ ability, way, sent }] : []
  }),
)

test('every group of the table is asked, and all of its ways that the stand-in plays', () => {
  expect(new Set(asked.map(({ ability }) => ability.group)).size).toBe(4)
  expect(asked.length).toBeGreaterThanOrEqual(50)
})

test('what is left to the evaluator is what no stand-in plays: a new column is asked, or named here', () => {
  const isWhole = ({ ways }: (typeof abilities)[number]): boolean =>
    ways.every(({ readings }) => readings.every((reading) => sentOf(reading) !== undefined))

  expect(abilities.filter((one) => !isWhole(one)).map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      'vend',
      'destroy',
      'silence',
      'open-key',
      'open-bucket',
      'change-code',
      'change-role',
      'deploy',
    ]),
  )
  const ofClaims = ['call-past', 'start-campaign', 'forge-archived', 'forge-revoked', 'forge-claim', 'retag', 'untag']
  const byAlias = ['look', 'hold', 'declare', 'switch-off', 'call-bare', 'identify', 'sign-proof', 'forge-proof']
  const unasked = abilities.filter((one) => !isWhole(one)).map(({ id }) => id)
  expect([...ofClaims, ...byAlias].filter((id) => unasked.includes(id))).toEqual([])
  expect(abilities.map(({ id }) => id)).toEqual(expect.arrayContaining([...ofClaims, ...byAlias]))
})

const settings: readonly Partial<AwsSettings>[] = [
  {},
  { absentStage: 'current', rotationLambdaArnKey: 'filled', multiValuedSource: 'lenient', publicPolicy: 'fixedValues' },
]

describe.each(settings)('with what is undocumented as %j', (undocumented) => {
  test.each(callers.map(({ id }) => id))('%s is denied what the table denies, and nothing else', async (id) => {
    const caller = callers.find((one) => one.id === id)
    if (caller === undefined) throw new Error(`no caller ${id}`)
    const different: string[] = []
    for (const { ability, way, sent } of asked) {
      const { answer } = judge({ caller, ability: { ...ability, ways: [way] }, isUnderScp: false })
      for (const one of sent) {
        called.configure(undocumented)
        if ((await called.isDenied(id, one)) !== (answer === 'no'))
          different.push(`${ability.id}, ${way.name}: ${answer}`)
      }
    }

    expect(different).toEqual([])
  })
})
