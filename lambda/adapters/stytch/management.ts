// The part of Stytch's Management API (stytch-api §5.1) that a project's secrets need, one function each. It takes a workspace key, never
// a project secret. A value leaves only in a ClientSecret, whose mark is the id by which Stytch names it.
import { filled, isJsonObject } from '../../core/base/json-object.ts'
import { type ClientSecret, createClientSecret } from '../../core/secret/client-secret.ts'
import { type CallerSettings, createCaller } from './caller.ts'
import type { StytchReply } from './reply.ts'

export const MANAGEMENT_URL = 'https://management.stytch.com'

interface ManagementSettings extends CallerSettings {
  readonly projectSlug: string
  readonly environmentSlug: string
}

export interface ListedSecret {
  readonly secretId: string
  readonly lastFour: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds, rounded and late by what is undocumented. Absent: never. */
  readonly usedAt: number | undefined
}

export interface ManagementApi {
  addSecret(): Promise<StytchReply<ClientSecret>>
  listSecrets(): Promise<StytchReply<readonly ListedSecret[]>>
  deleteSecret(secretId: string): Promise<StytchReply<true>>
}

/** Stytch shows "never" as nothing, as null or as the year 1. */
const timeOf = (value: unknown): number | undefined => {
  const at = Date.parse(filled(value) ?? '')
  return at > 0 ? at : undefined
}

const toListed = (value: unknown): ListedSecret | undefined => {
  if (!isJsonObject(value)) return undefined
  const secretId = filled(value.secret_id)
  const lastFour = filled(value.last_four)
  const createdAt = timeOf(value.created_at)
  if (secretId === undefined || lastFour === undefined || createdAt === undefined) return undefined
  return { secretId, lastFour, createdAt, usedAt: timeOf(value.used_at) }
}

export const createManagementApi = ({
  projectSlug,
  environmentSlug,
  ...settings
}: ManagementSettings): ManagementApi => {
  const { asOwner } = createCaller(settings)
  const [project, environment] = [projectSlug, environmentSlug].map(encodeURIComponent)
  const path = `/pwa/v3/projects/${project}/environments/${environment}/secrets`
  return {
    addSecret: () =>
      asOwner({
        method: 'POST',
        path,
        repetition: 'never',
        read: ({ secret }) => {
          const value = isJsonObject(secret) ? filled(secret.secret) : undefined
          const secretId = isJsonObject(secret) ? filled(secret.secret_id) : undefined
          return value === undefined || secretId === undefined ? undefined : createClientSecret(value, secretId)
        },
      }),
    listSecrets: () =>
      asOwner({
        method: 'GET',
        path,
        repetition: 'free',
        read: ({ secrets }) => {
          if (!Array.isArray(secrets)) return undefined
          const listed = secrets.map(toListed)
          return listed.every((one) => one !== undefined) ? listed : undefined
        },
      }),
    deleteSecret: (secretId) =>
      asOwner({
        method: 'DELETE',
        path: `${path}/${encodeURIComponent(secretId)}`,
        repetition: 'never',
        read: () => true as const,
      }),
  }
}
