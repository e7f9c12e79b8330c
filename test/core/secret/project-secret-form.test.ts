// The stored JSON of a project's own secret: what is required, what marks its value, and that an operator's fields survive.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import { projectSecretForm as form, markOfUnnamed } from '../../../lambda/core/secret/project-secret-form.ts'
import { withClientSecret } from '../../../lambda/core/secret/secret-format.ts'

const CREATED_AT = Date.UTC(2026, 8, 1)
const fields = { project_id: 'project-live-1', secret: 'canary-secret-ABCD', owner: 'platform' }
const read = (more: Readonly<Record<string, unknown>> = {}) => {
  const result = form.parse(JSON.stringify({ ...fields, ...more }), CREATED_AT)
  if (!result.ok) throw new Error(result.refusal.join('; '))
  return result.value
}
const faultsOf = (text: string): readonly string[] => {
  const result = form.parse(text, CREATED_AT)
  return result.ok ? [] : result.refusal
}

describe('reading', () => {
  test('names the project, and marks the value by its id', () => {
    const secret = read({ secret_id: 'secret-id-7', issued_at: '2026-10-01T00:00:00.000Z' })

    expect([secret.clientId, secret.projectId]).toEqual(['project-live-1', 'project-live-1'])
    expect([secret.clientSecret.reveal(), secret.clientSecret.mark]).toEqual(['canary-secret-ABCD', 'secret-id-7'])
    expect([secret.clientSecret.lastFour, secret.issuedAt]).toEqual(['ABCD', Date.UTC(2026, 9, 1)])
  })

  test('a value that was stored by hand is marked by its last four, and is as old as its version', () => {
    const { clientSecret, issuedAt } = read()

    expect([clientSecret.mark, issuedAt]).toEqual([markOfUnnamed('ABCD'), CREATED_AT])
    expect(markOfUnnamed('ABCD')).not.toBe('ABCD')
  })

  test('every fault is told, by field, without what stands in it', () => {
    expect(faultsOf('canary')).toEqual([expect.stringMatching(/^the value is not a JSON object: store /)])
    expect(faultsOf('{"secret":"","secret_id":7,"issued_at":"canary"}')).toEqual([
      'project_id is missing',
      'secret is malformed: expected a non-empty string',
      'issued_at is malformed: expected an ISO 8601 date',
      'secret_id is malformed: expected its id',
    ])
  })
})

describe('writing', () => {
  test('a new value brings its id; the operator’s fields stay', () => {
    const next = { clientSecret: createClientSecret('canary-next-EFGH', 'secret-id-8'), issuedAt: CREATED_AT }

    expect(JSON.parse(form.format(withClientSecret(read({ secret_id: 'secret-id-7' }), next)))).toEqual({
      ...fields,
      secret: 'canary-next-EFGH',
      secret_id: 'secret-id-8',
      issued_at: '2026-09-01T00:00:00.000Z',
    })
  })

  test('going back to a value without an id leaves none of another’s behind', () => {
    const old = read()

    const text = form.format(withClientSecret(read({ secret_id: 'secret-id-8' }), old))

    expect(JSON.parse(text)).not.toHaveProperty('secret_id')
    expect(text).not.toContain('last-four')
  })

  test('any secret that is written reads back the same', () => {
    const filled = fc.string({ minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(filled, filled, fc.option(filled), fc.integer({ min: 0, max: 4e12 }), (id, value, mark, issuedAt) => {
        const clientSecret =
          mark === null ? createClientSecret(value, markOfUnnamed(value.slice(-4))) : createClientSecret(value, mark)
        fc.pre(mark === null || !mark.startsWith(markOfUnnamed('')))
        const text = form.format({ clientId: id, projectId: id, clientSecret, issuedAt, fields: { owner: 'x' } })
        const result = form.parse(text, 0)

        expect(result.ok && [result.value.clientSecret.reveal(), result.value.clientSecret.mark]).toEqual([
          value,
          clientSecret.mark,
        ])
        expect(result.ok && form.format(result.value)).toBe(text)
      }),
    )
  })
})
