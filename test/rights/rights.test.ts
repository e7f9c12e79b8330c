// Who may do what: the recorded decisions are of today's policies, the page shows them, and the cells that must be yes or no are so. No
// simulator is needed; `npm run rights -- --write` has everything decided anew.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { pageFile, pageWith, recordingFile, rightsOfTemplate, scpFile, scpText } from '../../scripts/rights/main.ts'
import {
  decisionsIn,
  differences,
  planOf,
  type RightsRecording,
  readRecording,
} from '../../scripts/rights/recording.ts'
import { judgeBy } from '../../scripts/rights/table.ts'

const text = readFileSync(recordingFile, 'utf8')
const recording = readRecording(text)
const rights = rightsOfTemplate()
const { callers, abilities, plan } = rights
const AGAIN = 'the policies changed: npm run rights -- --write'

describe('the recorded decisions', () => {
  test('are about the policies and requests of the template as it stands', () => {
    expect(differences(plan, recording), AGAIN).toEqual([])
  })

  test('are told apart from those of a policy with one statement less', () => {
    const [first, ...others] = callers
    if (first === undefined) throw new Error('no caller')
    const [policy] = first.identityPolicies
    const narrower = { Version: '2012-10-17', Statement: policy?.Statement.slice(1) ?? [] }
    const changed = planOf([{ ...first, identityPolicies: [narrower] }, ...others], abilities)

    expect(differences(changed, { ...plan, evaluator: '', decisions: recording.decisions })).toContain(
      `not recorded: caller ${first.id}`,
    )
  })

  test('can be replayed one by one by another evaluator, some thousands of them', () => {
    const decisions = decisionsIn(recording)

    expect(decisions.length).toBe(recording.callers.length * recording.requests.length)
    expect(decisions.length).toBeGreaterThan(2000)
    expect(new Set(decisions.map(({ decision }) => decision))).toEqual(new Set(['A', 'D', 'I']))
  })

  test('hold no hash of a bundle, which changes with every line of the functions', () => {
    expect(text).not.toMatch(/[0-9a-f]{32}/)
  })
})

const keysIn = (statement: unknown): readonly string[] => {
  const { Condition = {} } = statement as { Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
  return Object.values(Condition).flatMap((keys) => Object.keys(keys))
}

test('every condition key that a policy asks about comes with some request, or is known to be absent from all', () => {
  const asked = [...plan.policies.values()].flatMap(({ Statement }) => Statement.flatMap(keysIn))
  const given = [...plan.callers, ...plan.requests].flatMap(({ context }) => Object.keys(context))
  const lower = (keys: readonly string[]) => new Set(keys.map((key) => key.toLowerCase()))
  // Only services that call for somebody else send these, and no service is among the callers.
  const services = ['aws:sourceaccount', 'aws:sourcearn']
  // Of listing the evidence, which no ability is about: names of proofs are no secret.
  const absent = [...services, 's3:prefix']

  expect([...lower(asked)].filter((key) => !lower(given).has(key) && !absent.includes(key))).toEqual([])
})

test('the page shows the recorded decisions, and beside it is the policy to attach', () => {
  const page = readFileSync(pageFile, 'utf8')

  expect(page, 'npm run rights -- --write').toBe(pageWith(page, rights, recording))
  expect(readFileSync(scpFile, 'utf8'), 'npm run rights -- --write').toBe(scpText())
})

test('the page explains every statement of the policy, and no other', () => {
  const page = readFileSync(pageFile, 'utf8')
  const explained = [...page.matchAll(/^\| `([A-Z]\w+)` \|/gm)].map(([, sid = '']) => sid)
  const statements = [...scpText().matchAll(/"Sid": "(\w+)"/g)].map(([, sid = '']) => sid)

  expect(statements.length).toBeGreaterThan(5)
  expect(explained.toSorted()).toEqual(statements.toSorted())
})

const judge = judgeBy(recording)

const verdictOf = (callerId: string, abilityId: string, isUnderScp = false) => {
  const caller = callers.find(({ id }) => id === callerId)
  const ability = abilities.find(({ id }) => id === abilityId)
  if (caller === undefined || ability === undefined) throw new Error(`no ${callerId}, or no ${abilityId}`)
  return judge({ caller, ability, isUnderScp })
}

const answersOf = (callerId: string, isUnderScp = false) =>
  Object.fromEntries(abilities.map(({ id }) => [id, verdictOf(callerId, id, isUnderScp).answer]))

/** The abilities of a caller that are not `no`. */
const openTo = (callerId: string, isUnderScp = false): readonly string[] =>
  Object.entries(answersOf(callerId, isUnderScp))
    .filter(([, answer]) => answer !== 'no')
    .map(([id]) => id)
    .sort()

const allIds = callers.map(({ id }) => id)

describe('whoever was not named', () => {
  test.each(['stranger', 'stranger-abroad'])('%s can do nothing at all', (caller) => {
    expect(openTo(caller)).toEqual([])
  })

  const administrators = ['power-user', 'administrator'] as const
  const calls = ['look', 'hold', 'declare', 'switch-off', 'call-bare', 'identify']
  const closedByPolicies = [
    ['read-billing', 'read-reports', 'read-by-id', 'decrypt', 'change'],
    ['rotate', 'redirect', 'move-current', 'clear-pending', 'retag', 'untag', 'forge-claim'],
    ['report', 'forge-outcome', 'forge-object', 'replace-object'],
  ].flat()

  test.each(administrators)(
    '%s reads, changes, rotates, declares, reports and forges nothing, with or without the SCP',
    (caller) => {
      for (const isUnderScp of [false, true]) {
        const answers = answersOf(caller, isUnderScp)
        expect([...closedByPolicies, ...calls].filter((id) => answers[id] !== 'no')).toEqual([])
      }
    },
  )

  // The way back in: it may change the policies of secrets, key, bucket and functions, and so may call the functions as well.
  test('the root user reads, changes, rotates, reports and forges nothing by the policies as they stand', () => {
    const answers = answersOf('root')

    expect(closedByPolicies.filter((id) => answers[id] !== 'no')).toEqual([])
  })

  test.each(administrators)('%s opens neither a secret, nor the key, nor the bucket', (caller) => {
    const answers = answersOf(caller)

    expect(['open-secret', 'open-key', 'open-bucket', 'destroy'].filter((id) => answers[id] !== 'no')).toEqual([])
  })

  test('an administrator changes code, roles and the stack, which is why there is an SCP', () => {
    const answers = answersOf('administrator')

    expect(answers).toMatchObject({ 'change-code': 'yes', 'change-role': 'yes', deploy: 'yes', 'become-reader': 'yes' })
    expect(answers).toMatchObject({ 'open-bus': 'yes', 'read-project': 'yes', silence: 'yes', freeze: 'yes' })
    expect(answers).toMatchObject({ 'open-api': 'yes', 'open-topic': 'yes', 'open-queue': 'yes' })
  })

  // A step that nobody asked for changes nothing (docs/threat-model.md), and RotateSecret asks this right of its callers. Tokens are for
  // whoever has a policy that names the client's path, which an administrator's does.
  test.each(administrators)(
    'with the SCP, %s can do nothing but call the rotation function and ask for tokens',
    (caller) => {
      expect(openTo(caller, true)).toEqual(['forge-step', 'vend'])
    },
  )

  test.each(administrators)(
    '%s calls no function past CloudFormation, bus or API, and starts no campaign',
    (caller) => {
      for (const isUnderScp of [false, true]) {
        const answers = answersOf(caller, isUnderScp)
        expect(['call-past', 'forge-archived', 'start-campaign'].filter((id) => answers[id] !== 'no')).toEqual([])
      }
    },
  )

  test('with the SCP, the root user can do nothing but ask for tokens', () => {
    expect(openTo('root', true)).toEqual(['vend'])
  })
})

describe('tokens by the vendor', () => {
  test.each(['vended', 'vended-abroad'])('%s gets those of its own client, and does nothing else', (caller) => {
    expect(verdictOf(caller, 'vend')).toEqual({ answer: 'yes', open: ['`billing`'] })
    expect(openTo(caller)).toEqual(['vend'])
  })

  test('a reader that nobody let ask for tokens gets none, and neither does an operator or any function', () => {
    const others = [
      'reader',
      'reader-abroad',
      'operator',
      'security',
      'vendor',
      'rotation',
      'clients',
      'stranger-abroad',
    ]

    expect(others.filter((caller) => verdictOf(caller, 'vend').answer !== 'no')).toEqual([])
  })
})

describe('readers', () => {
  test.each([
    ['reader', 'read-billing'],
    ['reader-abroad', 'read-billing'],
    ['applied-reader', 'read-reports'],
    ['applied-reader-abroad', 'read-reports'],
  ])('%s reads by the plain call and by id, its own secret alone, and does nothing else', (caller, own) => {
    expect(verdictOf(caller, own).answer).toBe('yes')
    expect(verdictOf(caller, 'read-by-id').answer).toBe('yes')
    expect(openTo(caller)).toEqual([own, 'read-by-id'].sort())
    expect(openTo(caller, true)).toEqual([own, 'read-by-id'].sort())
  })
})

describe('people', () => {
  test('an operator rotates, one or many, clears, holds, freezes, declares, searches and releases the intake, and does nothing else', () => {
    const may = [
      ...['clear-pending', 'declare', 'forge-gate', 'forge-step', 'freeze', 'hold', 'identify', 'look', 'rotate'],
      'start-campaign',
    ]

    expect(openTo('operator')).toEqual(may)
    expect(openTo('operator', true)).toEqual(may)
  })

  test('security reports under its own name and searches, and does nothing else', () => {
    expect(openTo('security')).toEqual(['identify', 'report'])
    expect(verdictOf('security', 'report').open).toEqual(['`m2m.security`'])
  })

  test('break-glass reads, reports under its own name, switches clients off, and forges no evidence, with the SCP as well', () => {
    for (const isUnderScp of [false, true]) {
      expect(answersOf('break-glass', isUnderScp)).toMatchObject({
        'read-billing': 'yes',
        'switch-off': 'yes',
        rotate: 'yes',
        'forge-outcome': 'no',
        'forge-object': 'no',
      })
      expect(verdictOf('break-glass', 'report', isUnderScp).open).toEqual(['`m2m.break-glass`'])
    }
  })

  test('the deploy role deploys, and reads no value, stores none and forges no evidence', () => {
    for (const isUnderScp of [false, true]) {
      expect(answersOf('deploy', isUnderScp)).toMatchObject({
        deploy: 'yes',
        'read-billing': 'no',
        'read-by-id': 'no',
        decrypt: 'no',
        change: 'no',
        report: 'no',
        'forge-outcome': 'no',
        'forge-object': 'no',
      })
    }
  })
})

describe('functions', () => {
  const functions = allIds.slice(0, allIds.indexOf('rotation-borrowed'))
  const never = [
    ['decrypt', 'destroy', 'silence', 'freeze', 'deploy', 'become-reader', 'replace-object'],
    ['open-key', 'open-bucket', 'open-bus', 'open-function', 'open-table', 'change-code', 'change-role'],
  ].flat()

  test('are the twelve that have a role', () => {
    expect(functions).toHaveLength(12)
  })

  test.each(functions)('%s opens no policy but that of a secret, and changes no code', (caller) => {
    const answers = answersOf(caller)

    expect(never.filter((id) => answers[id] !== 'no')).toEqual([])
  })

  test.each(functions)('%s does with the SCP what it does without', (caller) => {
    expect(answersOf(caller, true)).toEqual(answersOf(caller))
  })

  test.each([
    ['read-billing', ['clients', 'identify', 'registrar', 'rotation', 'vendor']],
    ['read-project', ['clients', 'identify', 'project-rotation', 'registrar', 'rotation']],
    ['move-current', ['rotation']],
    ['forge-object', ['archive']],
    ['sign-proof', ['project-rotation', 'rotation']],
    ['forge-proof', ['project-rotation', 'rotation']],
    ['forge-lease', ['project-rotation', 'rotation']],
    ['forge-gate', ['intake']],
    ['forge-record', ['reads']],
    ['forge-revoked', ['project-rotation', 'rotation']],
  ])('%s: %j and no other function', (ability, expected) => {
    expect(functions.filter((caller) => verdictOf(caller, ability).answer === 'yes').sort()).toEqual(expected)
  })

  test('the registrar is called by whoever deploys and break-glass; incident, reads and vendor function by no role', () => {
    const callers = allIds.filter((caller) => verdictOf(caller, 'call-past').answer !== 'no')

    expect(callers.sort()).toEqual(['break-glass', 'deploy', 'root'])
    for (const caller of ['break-glass', 'deploy']) expect(verdictOf(caller, 'call-past').open).toEqual(['registrar'])
  })

  test.each([
    ['rotation', 'm2m.rotation'],
    ['project-rotation', 'm2m.rotation'],
    ['incident', 'm2m.incident'],
    ['sweep', 'm2m.sweep'],
    ['campaign', 'm2m.campaign'],
  ])('%s speaks as %s and as nobody else', (caller, source) => {
    expect(verdictOf(caller, 'forge-outcome').open).toEqual([`\`${source}\``])
  })

  test('the intake reports as itself, and nobody but security and break-glass reports beside it', () => {
    expect(allIds.filter((caller) => verdictOf(caller, 'report').answer !== 'no').sort()).toEqual([
      'break-glass',
      'intake',
      'security',
    ])
    expect(verdictOf('intake', 'report').open).toEqual(['`m2m.leak-intake`'])
  })

  test.each(['sweep', 'incident', 'campaign'])('%s rotates, in every reading of what AWS leaves open', (caller) => {
    expect(verdictOf(caller, 'rotate').answer).toBe('yes')
  })

  test("rotation's role is of no use to another function", () => {
    const answers = answersOf('rotation-borrowed')
    const forSecrets = [
      'read-billing',
      'read-reports',
      'read-by-id',
      'read-project',
      'change',
      'move-current',
      'clear-pending',
    ]

    expect(forSecrets.filter((id) => answers[id] !== 'no')).toEqual([])
  })
})

test('no answer hangs on what AWS leaves open', () => {
  const unclear = allIds.flatMap((caller) =>
    abilities.filter(({ id }) => verdictOf(caller, id).answer === 'unclear').map(({ id }) => `${caller} ${id}`),
  )

  expect(unclear).toEqual([])
})

test('a cell is unclear when the readings disagree, and lists the ways that are open when not all are', () => {
  const [caller] = callers
  const request = (action: string) => ({ action, resource: '*', resourceAccount: '111111111111', context: {} })
  if (caller === undefined) throw new Error('no caller')
  const group = 'Values' as const
  const differing = {
    id: 'x',
    title: 'x',
    group,
    ways: [{ name: 'one', readings: [[request('a:One')], [request('a:Two')]] }],
  }
  const partly = {
    ...differing,
    ways: [
      { name: 'one', readings: [[request('a:One')]] },
      { name: 'two', readings: [[request('a:One'), request('a:Two')]] },
    ],
  }
  const planned = planOf([caller], [differing, partly])
  const made: RightsRecording = {
    ...planned,
    evaluator: '',
    decisions: new Map([[caller.id, planned.requests.map(({ action }) => (action === 'a:One' ? 'A' : 'I')).join('')]]),
  }
  const judgeMade = judgeBy(made)

  expect(judgeMade({ caller, ability: differing, isUnderScp: false })).toEqual({ answer: 'unclear', open: ['one'] })
  expect(judgeMade({ caller, ability: partly, isUnderScp: false })).toEqual({ answer: 'yes', open: ['one'] })
})
