// The identify function's settings: where it searches and how often it may. Of the project secret it knows the name, to compare with.
import { defined } from '../core/base/defined.ts'
import { DEPLOYED, type Spread } from '../core/rotation/bounds.ts'
import type { StageSecrets } from '../core/secret/stage-secrets.ts'
import { readSpread, writeSpread } from './bounds.ts'
import { endpointOf } from './freeze.ts'
import { createReader, type Environment, type Reader } from './reader.ts'
import { readPrefixes, writePrefixes } from './secret-prefixes.ts'
import { readTokenPlace, type TokenPlaceEnv, writeTokenPlace } from './stytch.ts'

export interface IdentifyEnv extends StageSecrets {
  readonly stytch: TokenPlaceEnv
  /** Searches in a minute and an execution environment. */
  readonly searchesPerMinute: number
  /** Name of the secret that holds the project's own; absent: none is stored. */
  readonly projectSecretName?: string
  /** What shows that a value is refused. */
  readonly refused: Spread
  /** Counts the searches of all execution environments; absent: reserved concurrency bounds their number. */
  readonly slots?: SearchSlotsEnv
}

interface SearchSlotsEnv {
  readonly table: string
  /** Searches in a minute, all execution environments together. */
  readonly searchesPerMinute: number
  /** Where DynamoDB listens; absent: at AWS's own address. */
  readonly endpoint?: string
}

const PER_MINUTE = /^([1-9]\d{0,2}|1000)$/

const readPerMinute = (reader: Reader, name: string): number => {
  const perMinute = reader.text(name, 'how many searches a minute, 1 to 1000')
  if (perMinute !== '' && !PER_MINUTE.test(perMinute)) reader.fault(name, 'is malformed: expected 1 to 1000')
  return Number(perMinute)
}

const readSlots = (reader: Reader): { readonly slots?: SearchSlotsEnv } => {
  const table = reader.optional('M2M_SEARCH_TABLE')
  if (table === undefined) return {}
  const endpoint = endpointOf(reader, 'DYNAMODB')
  const searchesPerMinute = readPerMinute(reader, 'M2M_SEARCHES_PER_MINUTE_IN_ALL')
  return { slots: { table, searchesPerMinute, ...defined({ endpoint }) } }
}

const writeSlots = (slots: SearchSlotsEnv | undefined): Record<string, string> =>
  slots === undefined
    ? {}
    : {
        M2M_SEARCH_TABLE: slots.table,
        M2M_SEARCHES_PER_MINUTE_IN_ALL: String(slots.searchesPerMinute),
        ...defined({ AWS_ENDPOINT_URL_DYNAMODB: slots.endpoint }),
      }

export const readIdentifyEnv = (env: Environment): IdentifyEnv => {
  const reader = createReader(env)
  const stytch = readTokenPlace(reader)
  const prefixes = readPrefixes(reader)
  const searchesPerMinute = readPerMinute(reader, 'M2M_SEARCHES_PER_MINUTE')
  const projectSecretName = reader.optional('M2M_PROJECT_SECRET')
  const refused = readSpread(reader, 'M2M_REFUSED', DEPLOYED.refused)
  const slots = readSlots(reader)
  reader.finish()
  return { stytch, ...prefixes, searchesPerMinute, refused, ...defined({ projectSecretName }), ...slots }
}

/** The inverse of readIdentifyEnv. */
export const writeIdentifyEnv = ({
  stytch,
  searchesPerMinute,
  projectSecretName,
  refused,
  slots,
  ...prefixes
}: IdentifyEnv): Record<string, string> => ({
  ...writeTokenPlace(stytch),
  ...writePrefixes(prefixes),
  M2M_SEARCHES_PER_MINUTE: String(searchesPerMinute),
  M2M_REFUSED: writeSpread(refused),
  ...defined({ M2M_PROJECT_SECRET: projectSecretName }),
  ...writeSlots(slots),
})
