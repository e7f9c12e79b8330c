// The JSON that holds a project's own secret (docs/secret-format.md): the Basic-auth password with which this system, and a company's
// back ends, call Stytch. Stytch names each of a project's secrets by an id, which stands beside the value.
import { createClientSecret } from './client-secret.ts'
import { createFormat, createParse, isFilledString, type SecretForm } from './secret-format.ts'

/** Marks a value that was stored by hand, without its id. */
export const markOfUnnamed = (lastFour: string): string => `last-four:${lastFour}`

const isUnnamed = (mark: string): boolean => mark.startsWith(markOfUnnamed(''))

const parse = createParse({
  required: ['project_id', 'secret'],
  check: ({ secret_id: id }) =>
    id === undefined || isFilledString(id) ? [] : ['secret_id is malformed: expected its id'],
  read: ({ project_id: projectId, secret, secret_id: id }) => {
    const value = String(secret)
    const mark = isFilledString(id) ? id : markOfUnnamed(value.slice(-4))
    return {
      clientId: String(projectId),
      projectId: String(projectId),
      clientSecret: createClientSecret(value, mark),
    }
  },
})

const format = createFormat({
  members: ['project_id', 'secret', 'secret_id'],
  kept: ({ projectId }) => ({ project_id: projectId }),
  owned: ({ clientSecret }) => ({
    secret: clientSecret.reveal(),
    secret_id: isUnnamed(clientSecret.mark) ? undefined : clientSecret.mark,
  }),
})

export const projectSecretForm: SecretForm = { parse, format }
