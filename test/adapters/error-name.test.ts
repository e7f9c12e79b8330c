// What an error is called in a message.
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { errorName } from '../../lambda/adapters/error-name.ts'

test('by the service that gave it, else by what Node says happened', async () => {
  const named = Object.assign(new Error('secret words'), { name: 'AccessDeniedException', code: 'other' })
  const server = createServer().listen(0)
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  const refused: unknown = await fetch(`http://localhost:${port}`).catch(({ cause }: { cause: unknown }) => cause)
  const malformed = (() => {
    try {
      return new URL('nowhere')
    } catch (error) {
      return error
    }
  })()

  expect(errorName(named)).toBe('AccessDeniedException')
  expect(errorName(refused)).toBe('ECONNREFUSED')
  expect(errorName(malformed)).toBe('ERR_INVALID_URL')
  expect(errorName(new AggregateError([Object.assign(new Error('x'), { code: 'ENETUNREACH' })]))).toBe('ENETUNREACH')
})

test('by its class where that is all there is', () => {
  expect(errorName(new RangeError('secret words'))).toBe('RangeError')
  expect(errorName(new Error('secret words'))).toBe('Error')
  expect(errorName('secret words')).toBe('unknown')
})
