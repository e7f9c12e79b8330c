// What a consumer logs of a vend that failed: bounded, and nothing in it that a terminal obeys, whatever answered.
import { expect, test } from 'vitest'
import { readVendFailure, VendFailed } from '../../lambda/client/vended-token.ts'

test('the words of whoever answered are shown and not obeyed', () => {
  const description = `\u001B[2Jno\u202E ${'x'.repeat(1_000_000)}`
  const body = JSON.stringify({ error: 'invalid_scope', error_description: description })

  const { message } = new VendFailed('reports', readVendFailure(400, body, new Headers()))

  expect(message).toMatch(
    /^No token for reports: invalid_scope, HTTP 400\. \uFFFDno\uFFFD x+ … [\d,]+ more characters … x+$/,
  )
  expect(message.length).toBeLessThan(1_100)
})
