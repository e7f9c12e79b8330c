// Whether a secret with a new value in it can be stored at all: known before the issuer is asked for one, since it shows a value once.
import { editMembers } from '../base/json-edit.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { seal } from '../base/sealed.ts'
import { createClientSecret } from './client-secret.ts'
import { type SecretForm, type StoredSecret, withClientSecret } from './secret-format.ts'

/** In UTF-8: Secrets Manager's quota for a value (https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html). */
export const MAX_SECRET_BYTES = 65_536

/** Longer than any value that Stytch is known to issue. */
const LONGEST_VALUE = createClientSecret('x'.repeat(128))

export const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8')

const bytesWithNewValue = (form: SecretForm, secret: StoredSecret): number =>
  bytesOf(form.format(withClientSecret(secret, { clientSecret: LONGEST_VALUE, issuedAt: secret.issuedAt })))

/** Without one of its own fields; undefined for a field that its form needs. */
const without = (form: SecretForm, secret: StoredSecret, name: string): StoredSecret | undefined => {
  const text = editMembers(secret.source?.reveal() ?? form.format(secret), [{ name, value: undefined }], [])
  const parsed = form.parse(text, secret.issuedAt)
  if (!parsed.ok || name === 'issued_at') return undefined
  return { ...secret, fields: parsed.value.fields, source: seal(text, '[secret]') }
}

/**
 * The secret as it can be stored with a new value in it.
 * @param mayDrop leaves out its owner's fields, the largest first, until it fits
 * @returns or how many bytes it would take
 */
export const fitSecret = (form: SecretForm, secret: StoredSecret, mayDrop: boolean): Result<StoredSecret, number> => {
  const bytes = bytesWithNewValue(form, secret)
  if (bytes <= MAX_SECRET_BYTES) return ok(secret)
  if (!mayDrop) return refused(bytes)
  const bySize = Object.entries(secret.fields)
    .map(([name, value]) => ({ name, size: bytesOf(JSON.stringify(value)) }))
    .toSorted((one, other) => other.size - one.size)
  let left = secret
  for (const { name } of bySize) {
    left = without(form, left, name) ?? left
    if (bytesWithNewValue(form, left) <= MAX_SECRET_BYTES) return ok(left)
  }
  // White space around and between members is no field.
  const { source: _, ...unformatted } = left
  return bytesWithNewValue(form, unformatted) <= MAX_SECRET_BYTES
    ? ok(unformatted)
    : refused(bytesWithNewValue(form, unformatted))
}
