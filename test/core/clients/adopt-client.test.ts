// Adoption against both stand-ins: the value in use is proven, stored, bound and held, and nothing else changes; killed at any call and asked
// again it ends the same; whatever is not this client's is refused. No answer and no fault repeats a value.
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AdoptAsked, Adopted } from '../../../lambda/core/clients/clients-api.ts'
import { FUNCTION, NAME, PREFIX, role, useDesk } from './api-seat.ts'

const { stytchPlace, awsPlace, ask, peek, stored } = useDesk()
const { stytch } = stytchPlace

const VALUE = 'canary-value-in-use-0123456789'
const CLIENT = 'legacy-client'
const asked: AdoptAsked = {
  secretName: NAME,
  clientId: CLIENT,
  clientSecret: VALUE,
  description: 'Reads invoices',
  consumers: [role('job')],
  rules: { everyDays: 60 },
  overlap: '12h',
  tags: { team: 'payments' },
  heldBy: 'ada',
}
const lost = (({ clientSecret: _lost, ...rest }) => rest)(asked)

const said: string[] = []
const adopt = async (more: Partial<AdoptAsked> = {}, base: AdoptAsked = asked): Promise<Adopted> => {
  try {
    const answer = (await ask({ action: 'adopt', ...base, ...more })) as Adopted
    said.push(JSON.stringify(answer))
    return answer
  } catch (error) {
    said.push(inspect(error, { depth: null }))
    throw error
  }
}

beforeEach(() => {
  said.length = 0
  stytch.seed({ clientId: CLIENT, secret: VALUE, clientName: 'Legacy', scopes: ['read:invoices'] })
})
afterEach(() => {
  for (const text of said) expect(text).not.toContain('canary')
})

test('a rehearsal looks at all of it, and changes nothing', async () => {
  const before = stateOf()

  const found = await ask({ action: 'rehearseAdoption', ...asked })
  const wrong = ask({ action: 'rehearseAdoption', ...asked, clientSecret: 'canary-another-value' })

  expect(found).toEqual({ clientId: CLIENT, secretArn: asked.secretName, outcome: 'wouldAdopt', hasUnknownNext: false })
  await expect(wrong).rejects.toThrow(/refuses this value/)
  expect(stateOf()).toEqual(before)
})

const stateOf = () => ({
  clients: stytch.clientIds(),
  slots: stytch.slots(CLIENT),
  metadata: stytch.trustedMetadata(CLIENT),
  secret: peek(),
})

describe('a client with the value in use', () => {
  test('is bound to a secret that holds it, held from the first moment, and rotated by nobody', async () => {
    const slots = stytch.slots(CLIENT)

    const { secretArn, outcome, hasUnknownNext } = await adopt()

    expect({ outcome, hasUnknownNext }).toEqual({ outcome: 'adopted', hasUnknownNext: false })
    expect(stytch.slots(CLIENT)).toEqual(slots)
    expect(stytch.accepts(CLIENT, VALUE)).toBe(true)
    expect(stytch.trustedMetadata(CLIENT)).toEqual({ managed_by: secretArn })
    // Nothing tells when it was issued; so nothing says so.
    expect(stored()).toEqual({
      client_id: CLIENT,
      client_secret: VALUE,
      project_id: expect.any(String),
      token_url: expect.stringContaining('/oauth2/token'),
    })
    expect(peek()?.versions[0]?.id).toMatch(/^adopt-\d{13}-[0-9a-f]{32}$/)
    expect(peek()?.tags).toEqual({
      team: 'payments',
      'm2m:client-id': CLIENT,
      'm2m:scopes': 'read:invoices',
      'm2m:held': expect.stringMatching(/^20\d\d-/),
      'm2m:held-by': 'ada',
      'm2m:overlap': '12h',
      'm2m:policy': expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    expect(peek()?.rotation).toMatchObject({
      isEnabled: true,
      lambdaArn: FUNCTION,
      rules: { AutomaticallyAfterDays: 60 },
    })
    expect(awsPlace.calls().filter((op) => op === 'RotateSecret')).toHaveLength(1)
  })

  test('repeated, it says so, and costs no read of the value', async () => {
    await adopt()
    await awsPlace.standIn.idle()
    const before = stateOf()
    const reads = awsPlace.calls().filter((op) => op === 'GetSecretValue').length

    const again = await adopt()

    expect(again.outcome).toBe('already')
    expect(stateOf()).toEqual(before)
    expect(awsPlace.calls().filter((op) => op === 'GetSecretValue')).toHaveLength(reads)
  })

  test('may be in the middle of a rotation that somebody else began; then that is said', async () => {
    stytch.dashboard.rotateStart(CLIENT)

    const { hasUnknownNext } = await adopt()

    expect(hasUnknownNext).toBe(true)
    expect(stytch.slots(CLIENT)?.nextLastFour).not.toBeNull()
  })
})

describe('killed, or without a reply, at any call', () => {
  test.each([
    ['stytch', 'GetClient'],
    ['stytch', 'Token'],
    ['stytch', 'UpdateClient'],
    ['aws', 'CreateSecret'],
    ['aws', 'DescribeSecret'],
    ['aws', 'PutResourcePolicy'],
    ['aws', 'PutSecretValue'],
    ['aws', 'TagResource'],
    ['aws', 'RotateSecret'],
  ] as const)('%s %s: repeated, it ends the same', async (whose, op) => {
    const faults = whose === 'aws' ? awsPlace.standIn.faults : stytch.server.faults
    faults.add({ op, kind: 'drop_reply', count: 4 })
    const first = await adopt().catch(() => undefined)
    faults.clear()

    const { secretArn } = first ?? (await adopt())

    expect(stytch.accepts(CLIENT, VALUE)).toBe(true)
    expect(stytch.trustedMetadata(CLIENT)).toEqual({ managed_by: secretArn })
    expect(stored().client_secret).toBe(VALUE)
    expect(peek()?.tags['m2m:held']).toBeDefined()
    expect(peek()?.rotation?.isEnabled).toBe(true)
    expect(stytch.clientIds()).toEqual([CLIENT])
  })
})

describe('stopped before its value was stored', () => {
  const stopped = async () => {
    awsPlace.standIn.faults.add({ op: 'PutResourcePolicy', kind: 'error', status: 400 })
    await expect(adopt()).rejects.toThrow()
    expect(peek()).toMatchObject({ versions: [], tags: { 'm2m:client-id': CLIENT } })
  }

  test('goes on with the secret that it left', async () => {
    await stopped()

    const { outcome } = await adopt()

    expect(outcome).toBe('adopted')
    expect(stored().client_secret).toBe(VALUE)
  })

  test('takes no value that is not proven', async () => {
    await stopped()

    await expect(adopt({ clientSecret: 'canary-another-value' })).rejects.toThrow(/refuses this value/)
    expect(peek()?.versions).toEqual([])
  })

  test('goes on as lost, and its placeholder is what a rotation starts from', async () => {
    await stopped()

    await adopt({}, lost)

    expect(stored().client_secret).toBe('value-lost::::')
  })

  test('is no registration’s to fill', async () => {
    await stopped()
    const client = {
      secretName: NAME,
      displayName: 'billing',
      description: '',
      scopes: [],
      consumers: [],
      rules: { everyDays: 60 },
      onRemoval: 'retain',
      tags: {},
    } as const

    await expect(ask({ action: 'declare', set: 'one', requestId: 'r', client })).rejects.toThrow(/holds no value/)
    expect(stytch.clientIds()).toEqual([CLIENT])
  })
})

test('the policy stands before the value, and is set once', async () => {
  await adopt()

  const calls = awsPlace.calls()
  expect(calls.filter((op) => op === 'PutResourcePolicy')).toHaveLength(1)
  expect(calls.indexOf('CreateSecret')).toBeLessThan(calls.indexOf('PutResourcePolicy'))
  expect(calls.indexOf('PutResourcePolicy')).toBeLessThan(calls.indexOf('PutSecretValue'))
})

describe('refused, with nothing changed', () => {
  test.each<readonly [string, () => void, Partial<AdoptAsked>, RegExp]>([
    [
      'a value that Stytch refuses',
      () => {},
      { clientSecret: 'canary-wrong-value' },
      /refuses this value\. Its current one ends in …6789/,
    ],
    ['a client that is not there', () => {}, { clientId: 'nobody' }, /knows no such client/],
    ['a client that is inactive', () => stytch.dashboard.setStatus(CLIENT, 'inactive'), {}, /it is inactive/],
    [
      'a reader of an account that the key does not admit',
      () => {},
      { consumers: ['arn:aws:iam::333333333333:role/job'] },
      /its readers name roles of 333333333333.*add "333333333333" to "readerAccounts"/,
    ],
    [
      'more readers than its policy holds',
      () => {},
      { consumers: Array.from({ length: 400 }, (_, at) => role(`job-${at}`)) },
      /of 400 readers \d+ fit/,
    ],
    ['a name outside of the prefix', () => {}, { secretName: 'other/billing' }, /does not start with m2m\/prod\//],
  ])('%s', async (_what, prepare, more, why) => {
    prepare()
    const before = stateOf()

    await expect(adopt(more)).rejects.toThrow(why)

    expect(stateOf()).toEqual(before)
  })

  test('a client that another secret holds', async () => {
    await adopt()

    await expect(adopt({ secretName: `${PREFIX}other` })).rejects.toThrow(/bound to .*m2m\/prod\/billing/)
    expect(peek(`${PREFIX}other`)).toBeUndefined()
  })

  test('a name that another client has', async () => {
    await adopt()
    stytch.seed({ clientId: 'second', secret: 'canary-second-0123' })

    await expect(adopt({ clientId: 'second', clientSecret: 'canary-second-0123' })).rejects.toThrow(
      /a secret of this name exists, for client legacy-client/,
    )
    expect(stytch.trustedMetadata('second')).toEqual({})
  })

  test('a name that an unfinished adoption has, with another value', async () => {
    stytch.server.faults.add({ op: 'UpdateClient', kind: 'error', status: 400 })
    await expect(adopt()).rejects.toThrow()
    await expect(adopt({ clientSecret: 'canary-another-value' })).rejects.toThrow(/holds another value/)
  })
})

describe('a client whose value is lost', () => {
  test('gets a secret that says so, and keeps the value that nobody has', async () => {
    const { outcome } = await adopt({}, lost)

    expect(outcome).toBe('adopted')
    expect(stored().client_secret).toBe('value-lost::::')
    expect(stytch.accepts(CLIENT, VALUE)).toBe(true)
    expect(stytch.slots(CLIENT)?.nextLastFour).toBeNull()
    expect(peek()?.tags['m2m:held']).toBeDefined()
  })

  test('is refused while somebody’s next secret is open: the first rotation would cancel it', async () => {
    stytch.dashboard.rotateStart(CLIENT)

    await expect(adopt({}, lost)).rejects.toThrow(/is open at Stytch; complete or cancel it there first/)
    expect(peek()).toBeUndefined()
  })
})
