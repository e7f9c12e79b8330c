// Which secrets are a stage's, by their names: those below its own prefix, `m2m/<stage>/`, and those below the prefixes that its
// configuration opens beside it (`extraPrefixes`), for secrets that were adopted where they are. Below such a prefix stand other people's
// secrets too: only one that carries a tag of ours counts. Pure. Whatever lists, selects or looks up a client asks here.

import { Fault } from '../base/fault.ts'
import type { Secret } from './secret.ts'
import { secretNameOf } from './secret-name.ts'
import type { ListQuery, SecretPage, Secrets } from './secrets.ts'

export interface StageSecrets {
  /** `m2m/<stage>/` */
  readonly secretNamePrefix: string
  /** `legacy/`; absent: none. */
  readonly extraPrefixes?: readonly string[] | undefined
}

/** Each is one more listing in every sweep, and one more resource in every policy. */
export const MAX_EXTRA_PREFIXES = 5
/** Of each: an event pattern that names all of them, four times over, has at most 2,048 characters. */
const MAX_PREFIX_LENGTH = 48

const PREFIX = /^[A-Za-z0-9_+=.@-]+(?:\/[A-Za-z0-9_+=.@-]+)*\/$/

export const EXTRA_PREFIX_RULE = `at most ${MAX_PREFIX_LENGTH} of letters, digits and /_+=.@-, ending in a slash and without an empty part, such as "legacy/"`

const overlap = (one: string, other: string): boolean => one.startsWith(other) || other.startsWith(one)

/** What is wrong with the prefixes beside a stage's own, by their place in the list; every fault, one each. */
export const extraPrefixFaults = (own: string, extras: readonly string[]): readonly (readonly [number, string])[] =>
  extras.flatMap((prefix, at): readonly (readonly [number, string])[] => {
    if (prefix.length > MAX_PREFIX_LENGTH || !PREFIX.test(prefix)) {
      return [[at, `is malformed: ${JSON.stringify(prefix)}; expected ${EXTRA_PREFIX_RULE}`]]
    }
    if (overlap(prefix, own)) return [[at, `overlaps with the stage's own prefix, ${own}: expected another one`]]
    const before = extras.slice(0, at).find((other) => overlap(prefix, other))
    return before === undefined ? [] : [[at, `overlaps with ${JSON.stringify(before)}: expected each secret once`]]
  })

/** The stage's own first. */
export const prefixesOf = ({ secretNamePrefix, extraPrefixes = [] }: StageSecrets): readonly string[] => [
  secretNamePrefix,
  ...extraPrefixes,
]

/** Whether a secret of this name could be the stage's at all: nothing is asked about any other, since IAM would deny it. */
export const isNameOfStage = (stage: StageSecrets, name: string): boolean =>
  prefixesOf(stage).some((prefix) => name.startsWith(prefix))

/** Below an extra prefix only what was adopted: everything else there is somebody's own. */
export const isAdopted = ({ tags }: Pick<Secret, 'tags'>): boolean =>
  Object.keys(tags).some((key) => key.startsWith('m2m:'))

export const isOfStage = (stage: StageSecrets, secret: Pick<Secret, 'name' | 'tags'>): boolean =>
  secret.name.startsWith(stage.secretNamePrefix) || (isNameOfStage(stage, secret.name) && isAdopted(secret))

/** As people say it: without the stage's own prefix. A name below another prefix is said in full, so that each name means one secret. */
export const shortNameOf = (stage: StageSecrets, secretName: string): string => {
  const { secretNamePrefix } = stage
  if (!secretName.startsWith(secretNamePrefix)) return secretName
  const rest = secretName.slice(secretNamePrefix.length)
  return isNameOfStage(stage, rest) ? secretName : rest
}

/** The secret's name that a short one stands for. */
export const fullNameOf = (stage: StageSecrets, name: string): string =>
  isNameOfStage(stage, name) ? name : `${stage.secretNamePrefix}${name}`

/** Where a client of this name may be, the first that exists: below the stage's own prefix, then below the others. */
export const candidateNames = (stage: StageSecrets, name: string): readonly string[] =>
  prefixesOf(stage).map((prefix) => `${prefix}${name}`)

/** The prefix that would have to be opened for this secret. */
const neededPrefix = (name: string): string => name.slice(0, name.lastIndexOf('/') + 1)

/** Why nothing is asked about a secret, and what to do. @param secretId its name or its ARN */
export const outsideFault = (stage: StageSecrets, secretId: string): string => {
  const name = secretNameOf(secretId)
  const prefix = neededPrefix(name)
  const todo =
    prefix === ''
      ? 'copy its value with m2m adopt --from-secret'
      : `add ${JSON.stringify(prefix)} to "extraPrefixes" and deploy, or copy its value with m2m adopt --from-secret`
  return `secret ${name} is outside of this stage's prefixes (${prefixesOf(stage).join(', ')}), where none of its roles may act: ${todo}`
}

/** Why a secret below an extra prefix is not a client, and what to do. */
export const notAdoptedFault = (name: string): string =>
  `secret ${name} is not managed: it was never adopted; m2m adopt --in-place --secret ${name} does that`

/** How often one listing is begun, at most, where Secrets Manager loses its paging token (`LIST_TOKEN_LOST`). */
export const LISTINGS = 3

/** The list is to be begun anew: no later page of this one can be had. */
export const isTokenLost = (error: unknown): boolean => error instanceof Fault && error.code === 'LIST_TOKEN_LOST'

/** `#<which prefix>#<AWS's own token>`; the own prefix's is AWS's alone, as it was before there were others. */
const LATER_PAGE = /^#([1-9])#(.*)$/s

const laterPage = (at: number, token: string | undefined): string => `#${at}#${token ?? ''}`

/**
 * A page of the stage's secrets, prefix after prefix, by tokens that ListSecrets' own go into. The order holds within a prefix. One filter
 * with several names would be one call, but what AWS makes of several is not documented.
 * @throws what `list` throws
 */
export const listStage = async (
  { list }: Pick<Secrets, 'list'>,
  stage: StageSecrets,
  query: ListQuery = {},
): Promise<SecretPage> => {
  const prefixes = prefixesOf(stage)
  const [, which, token] = LATER_PAGE.exec(query.page ?? '') ?? []
  const at = which === undefined ? 0 : Number(which)
  const prefix = prefixes[at]
  // Of a stage that had more prefixes when the listing began.
  if (prefix === undefined) return { secrets: [], nextPage: undefined }
  const page = which === undefined ? query.page : token === '' ? undefined : token
  const reply = await list(prefix, { ...query, page })
  const { nextPage } = reply
  const isLast = nextPage === undefined
  const later = isLast && at + 1 < prefixes.length ? laterPage(at + 1, undefined) : undefined
  return {
    secrets: reply.secrets.filter((secret) => isOfStage(stage, secret)),
    nextPage: isLast ? later : at === 0 ? nextPage : laterPage(at, nextPage),
  }
}

/**
 * Every secret of the stage once, page by page; where a paging token is lost, the list begins anew.
 * @throws what `list` throws; LIST_TOKEN_LOST after as many listings as LISTINGS says
 */
export async function* stagePages(
  secrets: Pick<Secrets, 'list'>,
  stage: StageSecrets,
  query: Omit<ListQuery, 'page'> = {},
): AsyncGenerator<readonly Secret[], void> {
  const seen = new Set<string>()
  for (let listings = 1; ; listings += 1) {
    try {
      let page: string | undefined
      do {
        const reply = await listStage(secrets, stage, { ...query, page })
        const unseen = reply.secrets.filter(({ arn }) => !seen.has(arn))
        for (const { arn } of unseen) seen.add(arn)
        yield unseen
        page = reply.nextPage
      } while (page !== undefined)
      return
    } catch (error) {
      if (!isTokenLost(error) || listings >= LISTINGS) throw error
    }
  }
}

/** By a tag's value, below every prefix. @throws what `listTagged` throws */
export const listTaggedOfStage = async (
  { listTagged }: Pick<Secrets, 'listTagged'>,
  stage: StageSecrets,
  tagValue: string,
): Promise<readonly Secret[]> => {
  const found = await Promise.all(prefixesOf(stage).map((prefix) => listTagged(prefix, tagValue)))
  return found.flat().filter((secret) => isOfStage(stage, secret))
}
