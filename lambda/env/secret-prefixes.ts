// Which secrets are the stage's, in a function's settings: the prefix of its own, and those that the configuration opens beside it.
import { extraPrefixFaults, type StageSecrets } from '../core/secret/stage-secrets.ts'
import type { Reader } from './reader.ts'

const EXTRA = 'M2M_EXTRA_PREFIXES'

/** `legacy/ old/billing/` */
export const readExtraPrefixes = (reader: Reader, own: string): Pick<StageSecrets, 'extraPrefixes'> => {
  const extraPrefixes = (reader.optional(EXTRA) ?? '').split(' ').filter(Boolean)
  for (const [, fault] of extraPrefixFaults(own, extraPrefixes)) reader.fault(EXTRA, fault)
  return extraPrefixes.length === 0 ? {} : { extraPrefixes }
}

export const readPrefixes = (reader: Reader): StageSecrets => {
  const secretNamePrefix = reader.text('M2M_SECRET_PREFIX', "the prefix of every secret's name, m2m/<stage>/")
  return { secretNamePrefix, ...readExtraPrefixes(reader, secretNamePrefix) }
}

export const writeExtraPrefixes = ({
  extraPrefixes = [],
}: Pick<StageSecrets, 'extraPrefixes'>): Record<string, string> =>
  extraPrefixes.length === 0 ? {} : { [EXTRA]: extraPrefixes.join(' ') }

export const writePrefixes = (stage: StageSecrets): Record<string, string> => ({
  M2M_SECRET_PREFIX: stage.secretNamePrefix,
  ...writeExtraPrefixes(stage),
})
