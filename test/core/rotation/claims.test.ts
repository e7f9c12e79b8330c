// A deployment without the records table knows no holder of any client: whoever asks for one is refused, and goes on with nothing. And the table's
// kinds of keys stay apart.
import { expect, test } from 'vitest'
import { noClaims } from '../../../lambda/core/rotation/claims.ts'
import * as recordKeys from '../../../lambda/core/rotation/record-keys.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'

const claiming = { clientId: 'connected-app-1', holder: SECRET_ARN, at: 1, by: 'somebody' }

test.each([
  ['read', () => noClaims.read('connected-app-1')],
  ['write', () => noClaims.write(claiming)],
  ['note', () => noClaims.note(claiming)],
  ['release', () => noClaims.release('connected-app-1', SECRET_ARN)],
])('without the table, %s of a claim is a fault that says so and that repeating does not help', async (_name, call) => {
  await expect(call()).rejects.toMatchObject({
    code: 'RECORDS_UNAVAILABLE',
    retryable: false,
    message: expect.stringContaining('no records table'),
  })
})

test('no kind of record has keys that begin like another’s, so that rights to one give none to another', () => {
  const kinds = Object.values(recordKeys)
  const alike = kinds.filter((one) => kinds.some((other) => other !== one && other.startsWith(one)))

  expect(kinds.filter((kind) => !/^[a-z]+#$/.test(kind))).toEqual([])
  expect(new Set(kinds).size).toBe(kinds.length)
  expect(alike).toEqual([])
})
