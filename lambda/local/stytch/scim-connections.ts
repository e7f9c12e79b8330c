// The SCIM connections of one B2B project: one an organization, as documented. What each call does, and what they state to the
// slot machine. Knows nothing of HTTP, and of organizations no more than their id: one exists as soon as it is named.
import { ApiError } from './api-error.ts'
import { isJsonObject, type JsonObject, readText } from './client-fields.ts'
import { generateBearerToken, type Ids } from './ids.ts'
import type { Mint } from './mint.ts'
import type { ScimConnectionRecord, ScimConnectionStore } from './scim-connection-record.ts'
import type { SettingsBox } from './settings-box.ts'
import { createSlotMachine, type Revealed, type SlotMachine } from './slot-machine.ts'
import { pairAccepts } from './slots.ts'
import { wholeSeconds } from './timestamp.ts'

export interface ScimConnectionsParts {
  readonly store: ScimConnectionStore
  readonly settings: SettingsBox
  readonly ids: Ids
  readonly mint: Mint
  readonly now: () => number
}

/** Every method but `accepts` throws ApiError when Stytch would refuse. */
export interface ScimConnections {
  ofOrganization(organizationId: string): ScimConnectionRecord
  /** A connection of this organization; another organization's is not found. */
  get(organizationId: string, connectionId: string): ScimConnectionRecord
  create(organizationId: string, fields: JsonObject): Revealed<ScimConnectionRecord>
  update(record: ScimConnectionRecord, fields: JsonObject): ScimConnectionRecord
  remove(connectionId: string): void
  /** Whether a SCIM call with this bearer token would be let in now. */
  accepts(connectionId: string, token: string): boolean
  readonly rotation: Omit<SlotMachine<ScimConnectionRecord>, 'create'>
}

const identityProviders: ReadonlySet<string> = new Set([
  'generic',
  'okta',
  'microsoft-entra',
  'cyberark',
  'jumpcloud',
  'onelogin',
  'pingfederate',
  'rippling',
])

const readIdentityProvider = (value: unknown): string | undefined => {
  const provider = readText(value, 'invalid_argument')
  if (provider !== undefined && !identityProviders.has(provider)) throw new ApiError(400, 'invalid_argument')
  return provider
}

/** No SCIM group ever comes to be here, so every assignment names one that does not exist. */
const checkAssignments = (value: unknown): void => {
  if (value === undefined || value === null) return
  if (!Array.isArray(value)) throw new ApiError(400, 'invalid_argument')
  const [first] = value as unknown[]
  if (first === undefined) return
  const hasGroup = isJsonObject(first) && typeof first.group_id === 'string' && first.group_id !== ''
  throw new ApiError(
    400,
    hasGroup
      ? 'scim_group_role_assignment_group_does_not_exist'
      : 'scim_group_role_assignment_does_not_contain_group_id',
  )
}

export const createScimConnections = (parts: ScimConnectionsParts): ScimConnections => {
  const { store, settings: box, ids, mint, now } = parts

  const found = (record: ScimConnectionRecord | undefined): ScimConnectionRecord => {
    if (record === undefined) {
      throw new ApiError(box.current().scimConnectionNotFoundStatus, 'no_active_scim_connection')
    }
    return record
  }
  const findOf = (organizationId: string) => store.all().find((record) => record.organizationId === organizationId)

  const alreadyRotating = (): ApiError | undefined => {
    const { scimStartWhileRotating, alreadyRotatingStatus } = box.current()
    if (scimStartWhileRotating === 'replaced') return undefined
    // No type of its own is published for this refusal.
    return new ApiError(alreadyRotatingStatus, 'bad_request', {
      message: 'The SCIM connection is already rotating its bearer token.',
    })
  }

  const validity = () => {
    const { scimTokenLifetimeMs: lifetimeMs } = box.current()
    return { acceptedFromAt: now(), expiresAt: lifetimeMs === null ? null : wholeSeconds(now() + lifetimeMs) }
  }

  const rotation = createSlotMachine<ScimConnectionRecord>(
    {
      read: (connectionId) => found(store.find(connectionId)).slots,
      write: (connectionId, slots) => store.put({ ...found(store.find(connectionId)), slots }),
      alreadyRotating,
      notRotating: 'scim_connection_not_rotating_token',
      generate: () => mint(generateBearerToken),
      validity,
      acceptsNext: () => box.current().scimNextTokenBeforeComplete === 'accepted',
    },
    { settings: box, now },
  )

  return {
    ofOrganization: (organizationId) => found(findOf(organizationId)),
    get: (organizationId, connectionId) => {
      const record = store.find(connectionId)
      return found(record?.organizationId === organizationId ? record : undefined)
    },
    create: (organizationId, fields) => {
      const displayName = readText(fields.display_name, 'invalid_argument') ?? ''
      const identityProvider = readIdentityProvider(fields.identity_provider) ?? 'generic'
      if (findOf(organizationId) !== undefined) throw new ApiError(400, 'active_scim_connection_exists')
      const { slots, secret } = rotation.create()
      const [order, id] = [store.nextOrder(), ids.scimConnection()]
      return { record: store.put({ order, id, organizationId, displayName, identityProvider, slots }), secret }
    },
    update: (record, fields) => {
      checkAssignments(fields.scim_group_implicit_role_assignments)
      return store.put({
        ...record,
        displayName: readText(fields.display_name, 'invalid_argument') ?? record.displayName,
        identityProvider: readIdentityProvider(fields.identity_provider) ?? record.identityProvider,
      })
    },
    remove: (connectionId) => {
      found(store.find(connectionId))
      store.remove(connectionId)
    },
    accepts: (connectionId, token) => {
      const record = store.find(connectionId)
      return record !== undefined && pairAccepts(record.slots, token, now())
    },
    rotation,
  }
}
