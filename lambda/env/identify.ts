// The identify function's settings: where it searches and how often it may. It has no project secret.
import { createReader, type Environment } from './reader.ts'
import { readTokenPlace, type TokenPlaceEnv, writeTokenPlace } from './stytch.ts'

export interface IdentifyEnv {
  readonly stytch: TokenPlaceEnv
  /** Every secret's name starts with it. */
  readonly secretNamePrefix: string
  /** Searches in a minute and an execution environment. */
  readonly searchesPerMinute: number
}

export const readIdentifyEnv = (env: Environment): IdentifyEnv => {
  const reader = createReader(env)
  const stytch = readTokenPlace(reader)
  const secretNamePrefix = reader.text('M2M_SECRET_PREFIX', "the prefix of every secret's name, m2m/<stage>/")
  const perMinute = reader.text('M2M_SEARCHES_PER_MINUTE', 'how many searches a minute, 1 to 1000')
  if (perMinute !== '' && !/^([1-9]\d{0,2}|1000)$/.test(perMinute)) {
    reader.fault('M2M_SEARCHES_PER_MINUTE', 'is malformed: expected 1 to 1000')
  }
  reader.finish()
  return { stytch, secretNamePrefix, searchesPerMinute: Number(perMinute) }
}

/** The inverse of readIdentifyEnv. */
export const writeIdentifyEnv = ({
  stytch,
  secretNamePrefix,
  searchesPerMinute,
}: IdentifyEnv): Record<string, string> => ({
  ...writeTokenPlace(stytch),
  M2M_SECRET_PREFIX: secretNamePrefix,
  M2M_SEARCHES_PER_MINUTE: String(searchesPerMinute),
})
