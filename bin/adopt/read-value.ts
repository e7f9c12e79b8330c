// Where a client's value comes from when it is adopted: stdin, or another secret. It goes into its box at once, and is in no argument, no
// environment, no file and no output. Accepted: the bare value, or a JSON object with `client_secret` or `bearer_token`, however they are
// spelled (docs/cli.md).
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type ClientSecret, createClientSecret } from '../../lambda/core/secret/client-secret.ts'
import { scimId } from '../../lambda/core/secret/scim-form.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import { findName, readField, readStoredObject } from '../../lambda/core/secret/stored-fields.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'

const refuse = (from: string, why: string): CommandFault =>
  new CommandFault(EXIT.usage, `${from} holds no client secret: ${why}; nothing was changed`)

const isValue = (value: unknown): value is string =>
  typeof value === 'string' && value.length >= 8 && value.length <= 1024 && !/\s/.test(value)

/** @throws CommandFault `usage`, which says where and never what. */
export const parseValue = (found: string, from: string, clientId: string): ClientSecret => {
  const trimmed = found.trim()
  if (!trimmed.startsWith('{')) {
    if (!isValue(trimmed)) throw refuse(from, 'expected 8 to 1024 characters without spaces, or a JSON object')
    return createClientSecret(trimmed)
  }
  const stored = readStoredObject(trimmed)
  if (!stored.ok) throw refuse(from, 'it begins like a JSON object and is none')
  // Of a SCIM connection, which has two ids and a token.
  const [id, organization, connection] = ['client_id', 'organization_id', 'connection_id'].map(
    (name) => stored.value[findName(stored.value, name) ?? name],
  )
  if (id !== undefined && id !== clientId) throw refuse(from, `its client_id is not ${clientId}`)
  const ids = { organizationId: String(organization), connectionId: String(connection) }
  const isOther = connection !== undefined && scimId(ids) !== clientId
  if (isOther) throw refuse(from, `its organization_id and connection_id are not ${clientId}`)
  const [own, token] = [readField(stored.value, 'client_secret'), readField(stored.value, 'bearer_token')]
  const value = own.ok ? own.value : token.ok ? token.value : undefined
  if (!isValue(value)) throw refuse(from, 'expected client_secret or bearer_token, 8 to 1024 characters without spaces')
  return createClientSecret(value)
}

const nowhere = new Writable({
  write: (_chunk, _encoding, done) => {
    done()
  },
})

/** Typed or pasted, without an echo. */
const readTyped = async (): Promise<string> => {
  process.stderr.write('Paste the client secret, then press return (it is not shown): ')
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await lines.question('')
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

export const readValueFromStdin = async (clientId: string): Promise<ClientSecret> =>
  parseValue(process.stdin.isTTY ? await readTyped() : await text(process.stdin), 'stdin', clientId)

/** With the caller's own right to read it. */
export const readValueFromSecret = async (
  secrets: Pick<Secrets, 'readValue'>,
  secretId: string,
  clientId: string,
): Promise<ClientSecret> => {
  const version = await secrets.readValue(secretId, { label: 'AWSCURRENT' })
  if (version === undefined) throw refuse(`the secret ${secretId}`, 'there is no such secret, or it has no value')
  return parseValue(version.text, `the secret ${secretId}`, clientId)
}
