// What a configuration says of replies that are old: what is taken, what is refused at synth, that both rotation functions get it, and that
// the functions that wait for a step live long enough.
import { describe, expect, test } from 'vitest'
import { DRIVEN_STEP_MS } from '../../lambda/core/drive/drive-again.ts'
import { DEPLOYED, WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { STEP_NEAR_TIMEOUT_MS, STEP_TIMEOUT_MS } from '../../lambda/core/secret/step-timeout.ts'
import { writeBounds } from '../../lambda/env/bounds.ts'
import { DeployConfigFault, readDeployConfig } from '../../lib/config/deploy-config.ts'
import { everything } from './everything.ts'
import { exampleConfig, synthStack } from './synth.ts'

const faultsOf = (changes: object): readonly string[] => {
  try {
    readDeployConfig({ ...exampleConfig, ...changes })
  } catch (error) {
    if (error instanceof DeployConfigFault) return error.faults
    throw error
  }
  return []
}

test('nothing said is the safe default', () => {
  expect(readDeployConfig(exampleConfig).bounds).toEqual(DEPLOYED)
})

test('every bound can be configured', () => {
  const { accepted, refused, patienceMs } = WITHOUT_LAG
  const propagation = { readLagMs: 0, patienceMs, accepted, refused, confirmedAfterMs: 0 }

  expect(readDeployConfig({ ...exampleConfig, staleness: { boundMs: 0 }, propagation }).bounds).toEqual(WITHOUT_LAG)
})

describe('refused is', () => {
  test.each([
    ['a negative bound', { staleness: { boundMs: -1 } }, /^m2m\.staleness\.boundMs is malformed: -1/],
    ['a bound beyond a step', { staleness: { boundMs: 45_001 } }, /^m2m\.staleness\.boundMs is malformed/],
    [
      'a lag that is no number',
      { propagation: { readLagMs: '3s' } },
      /^m2m\.propagation\.readLagMs is malformed: "3s"/,
    ],
    [
      'a patience of two hours',
      { propagation: { patienceMs: { rotate: 7_200_000 } } },
      /^m2m\.propagation\.patienceMs\.rotate is malformed/,
    ],
    [
      'no try at all',
      { propagation: { accepted: { planned: { count: 0 } } } },
      /^m2m\.propagation\.accepted\.planned\.count is malformed: 0; expected an integer from 1/,
    ],
    [
      'half a refusal',
      { propagation: { refused: { count: 1.5 } } },
      /^m2m\.propagation\.refused\.count is malformed: 1\.5/,
    ],
    ['a key that nobody knows', { propagation: { lag: 1 } }, /^m2m\.propagation\.lag is unknown/],
    [
      'what fits by itself, and not together',
      { staleness: { boundMs: 20_000 } },
      /^m2m\.staleness\.boundMs and the spans under propagation make one step wait up to 56000 ms: expected at most 45000/,
    ],
  ])('%s', (_name, changes, fault) => {
    expect(faultsOf(changes)).toEqual([expect.stringMatching(fault)])
  })

  test('all faults are reported at once', () => {
    const faults = faultsOf({
      staleness: { boundMs: -1 },
      propagation: { readLagMs: -1, patienceMs: { revoke: -1 }, refused: { count: 0, overMs: -1 } },
    })

    expect(faults).toHaveLength(5)
  })
})

describe('the stack', () => {
  const template = synthStack({ ...everything, staleness: { boundMs: 5000 } }).template()
  const functionOf = (part: string) => {
    const [found] = Object.values(
      template.findResources('AWS::Lambda::Function', { Properties: { FunctionName: `m2m-prod-${part}` } }),
    )
    return found?.Properties as { Timeout: number; Environment: { Variables: Record<string, string> } }
  }

  test.each(['rotation', 'project-rotation'])('hands them to the %s function, which has a minute a step', (part) => {
    const { Timeout, Environment } = functionOf(part)

    expect(Timeout * 1000).toBe(STEP_TIMEOUT_MS)
    expect(Environment.Variables).toMatchObject(writeBounds({ ...DEPLOYED, staleLabelsMs: 5000 }))
  })

  test.each(['sweep', 'campaign', 'incident'])(
    'gives the %s function time for a step of each, and to say so',
    (part) => {
      const { Timeout } = functionOf(part)

      // Four steps at the most, each begun only where the time for it is left.
      expect(Timeout * 1000).toBeGreaterThanOrEqual(3 * STEP_TIMEOUT_MS + DRIVEN_STEP_MS)
    },
  )

  test('rings when a step is near its timeout, not when it waits as it is told to', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'))
    const near = alarms.filter(({ Properties }) => Properties.Threshold === STEP_NEAR_TIMEOUT_MS)

    expect(near).toHaveLength(1)
    expect(near[0]?.Properties.AlarmDescription).toContain('over 55 of its 60 seconds')
  })
})
