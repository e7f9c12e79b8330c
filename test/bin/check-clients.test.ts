// What `status` and `doctor` ask the rotation function: a hundred secrets at once, and what is said when it cannot be asked.
import { expect, test } from 'vitest'
import { checkClients } from '../../bin/show/check-clients.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { CheckQuestions } from '../../lambda/core/drive/check-questions.ts'
import { makeSecret, ROTATION_FUNCTION } from '../fakes/managed-secret.ts'

const seatBy = (check: CheckQuestions['check']) => {
  const asked: string[] = []
  return {
    asked,
    view: async () => ({ rotationFunctionArn: ROTATION_FUNCTION }),
    connect: async () => ({
      questionsOf: (arn: string) => {
        asked.push(arn)
        return { check }
      },
    }),
  }
}
const named = (count: number) =>
  Array.from({ length: count }, (_none, at) => makeSecret({ name: `m2m/test/${at}`, current: 'settle' }).secret)
const failing = (message: string) => async (): Promise<never> => {
  throw new Fault({ code: 'CHECK_NOT_ANSWERED', retryable: true, message })
}

test('each secret has the finding that is its own', async () => {
  const seat = seatBy(async ({ secrets }) =>
    secrets.map(({ secretArn }) => (secretArn.includes('/7-') ? { found: 'dead', since: 5 } : { found: 'fits' })),
  )
  const secrets = named(150)

  const found = await checkClients(seat, { secrets })

  expect(seat.asked).toEqual([ROTATION_FUNCTION, ROTATION_FUNCTION])
  expect(found.size).toBe(150)
  expect([...found].filter(([, { found: one }]) => one === 'dead').map(([arn]) => arn)).toEqual([secrets[7]?.arn])
})

test('what is empty, deleted, retired or about to change has none', async () => {
  const seat = seatBy(async ({ secrets }) => secrets.map(() => ({ found: 'fits' })))
  const pending = { kind: 'rotate', agoMs: 0 } as const

  const found = await checkClients(seat, {
    secrets: [
      makeSecret({ current: undefined }).secret,
      makeSecret({ more: { isDeleted: true } }).secret,
      makeSecret({ tags: { 'm2m:retired': 'then' } }).secret,
      makeSecret({ pending }).secret,
    ],
  })

  expect(found.size).toBe(0)
  expect(seat.asked).toEqual([])
})

test('who may not invoke the function is told so, once, and nothing else is asked', async () => {
  const seat = seatBy(failing('no: AccessDeniedException, status 403'))

  const found = await checkClients(seat, { secrets: named(150) })

  expect(seat.asked).toHaveLength(1)
  expect(found.size).toBe(150)
  expect(new Set([...found.values()].map((one) => one.found === 'unknown' && one.why))).toEqual(
    new Set([`you may not invoke ${ROTATION_FUNCTION}`]),
  )
})

test('another failure is named as it is, and a defect is one', async () => {
  const [secret] = named(1)
  const found = await checkClients(seatBy(failing('it failed')), { secrets: named(1) })
  const broken = seatBy(async () => {
    throw new TypeError('a defect')
  })

  expect(found.get(secret?.arn ?? '')).toEqual({ found: 'unknown', why: 'it failed' })
  await expect(checkClients(broken, { secrets: named(1) })).rejects.toThrow(TypeError)
})
