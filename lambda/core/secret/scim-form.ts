// The JSON that holds the bearer token of a SCIM connection (docs/secret-format.md): with which an identity provider provisions the members of
// one organization. A connection is looked up by its organization, so that both ids make up whose value it is.
import type { JsonObject } from '../base/json-object.ts'
import { createClientSecret } from './client-secret.ts'
import { createFormat, createParse, type SecretForm, type UndatedSecret } from './secret-format.ts'

export interface ScimIds {
  readonly organizationId: string
  readonly connectionId: string
}

/** As the tag `m2m:client-id` has it. */
export const scimId = ({ organizationId, connectionId }: ScimIds): string => `${organizationId}/${connectionId}`

const SCIM_ID = /^(organization-(?:live|test)-[^/]+)\/(scim-connection-(?:live|test)-[^/]+)$/

/** @returns undefined for the id of another kind. */
export const readScimId = (clientId: string): ScimIds | undefined => {
  const [, organizationId, connectionId] = SCIM_ID.exec(clientId) ?? []
  return organizationId === undefined || connectionId === undefined ? undefined : { organizationId, connectionId }
}

const idIn = ({ organization_id: organizationId, connection_id: connectionId }: JsonObject): string =>
  scimId({ organizationId: String(organizationId), connectionId: String(connectionId) })

const members = ['organization_id', 'connection_id', 'bearer_token', 'project_id']

const parse = createParse({
  required: members,
  check: (fields, faults) =>
    faults.length > 0 || readScimId(idIn(fields)) !== undefined
      ? []
      : ['organization_id or connection_id is malformed: expected organization-… and scim-connection-…'],
  read: (fields) => ({
    clientId: idIn(fields),
    clientSecret: createClientSecret(String(fields.bearer_token)),
    projectId: String(fields.project_id),
  }),
})

const format = createFormat({
  members,
  kept: ({ projectId }) => ({ project_id: projectId }),
  owned: ({ clientSecret }) => ({ bearer_token: clientSecret.reveal() }),
})

export const formatUndatedScim = ({ clientId, clientSecret, projectId }: UndatedSecret): string => {
  const ids = readScimId(clientId)
  return JSON.stringify({
    organization_id: ids?.organizationId,
    connection_id: ids?.connectionId,
    bearer_token: clientSecret.reveal(),
    project_id: projectId,
  })
}

export const scimForm: SecretForm = { parse, format }
