// The page's buttons with the rights of whom one chose to be: what each identity may, what is denied to it and by which statement, over HTTP on a
// laptop that evaluates every call.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findLeaks } from '../../e2e/leaks.ts'
import { openPageSeat, type PageSeat } from './page-seat.ts'

const secret = 'm2m/laptop/billing'
const answers: unknown[] = []

let seat: PageSeat
const act = async (as: string, name: string, more: object = { secret }) => {
  const answer = await seat.act({ act: name, as, ...more })
  answers.push(answer)
  return answer
}
const rest = () => seat.laptop.aws.idle()
const lastFour = (): string | undefined =>
  seat.laptop.stytch.slots(seat.laptop.aws.peek(secret)?.tags['m2m:client-id'] ?? '')?.lastFour

beforeAll(async () => {
  seat = await openPageSeat()
  expect(await act('operator', 'register', { name: 'billing', scopes: ['read:invoices'] })).toMatchObject({
    isDone: true,
    says: 'billing is registered.',
  })
  await rest()
})
afterAll(() => seat?.close())

test('the page is sent whom one may be, the operator first', async () => {
  const { text } = await seat.streamUntil('"actors"')
  const { actors } = JSON.parse(/event: hello\ndata: (.*)/.exec(text)?.[1] ?? '{}')

  expect(actors.map(({ key }: { key: string }) => key)).toEqual([
    'operator',
    'reader',
    'power-user',
    'stranger',
    'break-glass',
  ])
})

describe('an operator', () => {
  test('rotates and settles, and without a choice it is the operator who acts', async () => {
    expect(await seat.act({ act: 'rotate', secret })).toEqual({ isDone: true, says: 'Requested: rotate of billing.' })
    await rest()
    expect(await act('operator', 'settle')).toMatchObject({ isDone: true })
    await rest()
  })

  test('reads no value: the secret’s policy does not name it', async () => {
    expect(await act('operator', 'read')).toMatchObject({
      isDone: false,
      says: 'Denied: an operator may not read the value of billing.',
      denial: {
        message: expect.stringMatching(
          /^User: arn:aws:sts::000000000000:assumed-role\/operator\/operator is not authorized to perform: secretsmanager:GetSecretValue on resource: .* with an explicit deny in a resource-based policy$/,
        ),
        statement: 'OnlyNamedRolesRead',
        named: expect.arrayContaining(['break-glass', 'reader']),
      },
    })
  })
})

test('a consumer reads, and changes nothing', async () => {
  expect(await act('reader', 'read')).toEqual({
    isDone: true,
    says: `Read as a consumer: the value of billing is …${lastFour()}.`,
  })
  expect(await act('reader', 'rotate')).toMatchObject({ denial: { statement: 'OnlyNamedRolesRotate' } })
})

describe('a power user', () => {
  test.each([
    ['rotate', 'OnlyNamedRolesRotate'],
    ['read', 'OnlyNamedRolesRead'],
  ])('is kept from %s by the secret’s own policy', async (name, statement) => {
    expect(await act('power-user', name)).toMatchObject({ isDone: false, denial: { statement } })
  })

  test('reports no leak: the attacker who had begun stops, and there is no incident', async () => {
    expect(await act('power-user', 'leak')).toMatchObject({
      isDone: false,
      says: 'Denied: a power user may not report a leak of billing.',
      denial: { why: expect.stringContaining('The policy on the event bus denies events:PutEvents') },
    })
    const attacks = () => seat.laptop.stytch.server.calls().filter(({ player }) => player === 'attacker').length
    const { states } = await seat.streamUntil('"incident":null')
    expect(states.at(-1)?.incident).toBeNull()
    await expect
      .poll(async () => {
        const before = attacks()
        await new Promise((resolve) => setTimeout(resolve, 300))
        return attacks() - before
      })
      .toBe(0)
  })
})

test.each(['rotate', 'settle', 'rollback', 'read', 'leak'])(
  'a stranger is denied %s, for want of a policy that allows anything, and nothing changes',
  async (name) => {
    const before = lastFour()
    expect(await act('stranger', name)).toMatchObject({
      isDone: false,
      denial: { why: expect.stringMatching(/^(No policy of stranger allows|The policy on the)/) },
    })
    await rest()
    expect(lastFour()).toBe(before)
  },
)

test('a stranger registers nobody', async () => {
  expect(await act('stranger', 'register', { name: 'mine', scopes: [] })).toMatchObject({
    says: 'Denied: a stranger may not register mine.',
    denial: { message: expect.stringContaining('lambda:InvokeFunction') },
  })
  expect(seat.laptop.aws.peek('m2m/laptop/mine')).toBeUndefined()
})

test('break-glass reads, and reports a leak that is proven', async () => {
  expect(await act('break-glass', 'read')).toMatchObject({ isDone: true })
  const following = seat.streamUntil('"proof":{')
  expect(await act('break-glass', 'leak')).toMatchObject({ isDone: true })
  expect((await following).states.at(-1)?.incident).toMatchObject({ name: 'billing', replacedBy: lastFour() })
})

test('nobody else may be chosen, and a denial stands in the timeline', async () => {
  expect(await act('root', 'read')).toEqual({
    isDone: false,
    says: 'as: expected one of operator, reader, power-user, stranger, break-glass',
  })
  const { stories } = await seat.streamUntil('may not register mine')
  expect(stories.find(({ says }) => says === 'Denied: a stranger may not rotate billing')).toMatchObject({
    kind: 'denial',
    about: 'billing',
    tone: 'bad',
  })
})

test('no answer has a value in it', () => {
  const { versions = [] } = seat.laptop.aws.peek(secret) ?? {}
  const values = versions.flatMap(({ value }) =>
    value === undefined ? [] : [(JSON.parse(value) as { client_secret: string }).client_secret],
  )
  expect(values.length).toBeGreaterThan(1)
  const shown = answers.map((answer, index) => ({ from: `answer ${index}`, text: JSON.stringify(answer) }))
  expect(
    findLeaks(
      shown,
      values.map((value, index) => ({ name: `value ${index}`, value })),
    ),
  ).toEqual([])
})
