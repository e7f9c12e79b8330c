// The JSON that holds a project's own secret (docs/secret-format.md): the Basic-auth password with which this system, and a company's
// back ends, call Stytch. Stytch names each of a project's secrets by an id, which stands beside the value.
import { parseJsonObject } from '../json-object.ts'
import { ok, refused } from '../result.ts'
import { createClientSecret } from './client-secret.ts'
import { fieldFaults, isFilledString, issuedAtOf, type SecretForm } from './secret-format.ts'

/** Marks a value that was stored by hand, without its id. */
export const markOfUnnamed = (lastFour: string): string => `last-four:${lastFour}`

const isUnnamed = (mark: string): boolean => mark.startsWith(markOfUnnamed(''))

const parse: SecretForm['parse'] = (text, versionCreatedAt) => {
  const fields = parseJsonObject(text)
  if (fields === undefined) return refused(['the value is not a JSON object'])
  const { secret_id: secretId } = fields
  const faults = fieldFaults(fields, ['project_id', 'secret'])
  if (secretId !== undefined && !isFilledString(secretId)) faults.push('secret_id is malformed: expected its id')
  if (faults.length > 0) return refused(faults)
  const value = String(fields.secret)
  const mark = isFilledString(secretId) ? secretId : markOfUnnamed(value.slice(-4))
  return ok({
    clientId: String(fields.project_id),
    projectId: String(fields.project_id),
    clientSecret: createClientSecret(value, mark),
    issuedAt: issuedAtOf(fields, versionCreatedAt),
    fields,
  })
}

const format: SecretForm['format'] = ({ fields, projectId, clientSecret, issuedAt }) =>
  JSON.stringify({
    ...fields,
    project_id: projectId,
    secret: clientSecret.reveal(),
    secret_id: isUnnamed(clientSecret.mark) ? undefined : clientSecret.mark,
    issued_at: new Date(issuedAt).toISOString(),
  })

export const projectSecretForm: SecretForm = { parse, format }
