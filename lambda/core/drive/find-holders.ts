// Whose secret a leaked client's is, for a report by client ids: what Stytch keeps, or a claim, decides. A tag nominates, since whoever makes a
// secret chooses its tags; where the two disagree, the secret that holds the client is revoked, and the answer names both.

import { Fault } from '../base/fault.ts'
import type { Holder } from '../rotation/holders.ts'
import type { Secret } from '../secret/secret.ts'
import { secretNameOf } from '../secret/secret-name.ts'
import { TAG } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import { isNameOfStage, isOfStage, listTaggedOfStage, type StageSecrets } from '../secret/stage-secrets.ts'
import type { HolderQuestions } from './holder-questions.ts'

export interface HolderSearch extends StageSecrets {
  readonly secrets: Pick<Secrets, 'describe' | 'listTagged'>
  /** Who says which secret holds a client. @default - nobody does, and tags nominate */
  readonly holders?: HolderQuestions | undefined
}

export interface HeldClient {
  readonly clientId: string
  /** "held by …, not by …". Absent: its tag says the same. */
  readonly remark?: string
  /** Only a tag says so: what becomes of the secret shows nothing of the client until somebody confirms that it holds it (confirmHeld). */
  readonly isUnsure?: true
}

interface HeldSecrets {
  readonly secrets: readonly Secret[]
  readonly held: ReadonlyMap<string, readonly HeldClient[]>
  /** Client ids. */
  readonly missing: readonly string[]
  readonly whyMissing: ReadonlyMap<string, string>
}

type One =
  | { readonly secrets: readonly Secret[]; readonly remark?: string; readonly isUnsure?: true }
  | { readonly secrets: readonly []; readonly why: string | undefined }

export const namesOf = (secrets: readonly Pick<Secret, 'name'>[]): string => secrets.map(({ name }) => name).join(', ')

const taggedWords = (tagged: readonly Secret[]): string =>
  tagged.length === 0
    ? ''
    : `, not by ${namesOf(tagged)}, ${tagged.length === 1 ? 'which is' : 'which are'} tagged for it`

/** The secret of this ARN, where this stage can have it rotated. @param known as they are seen already */
export const findHolder = async (
  search: StageSecrets & { readonly secrets: Pick<Secrets, 'describe'> },
  arn: string,
  known: readonly Secret[] = [],
): Promise<Secret | undefined> => {
  // Of another stage's IAM would deny it, and the others of the report would wait for that.
  if (!isNameOfStage(search, secretNameOf(arn))) return undefined
  const secret = known.find((one) => one.arn === arn) ?? (await search.secrets.describe(arn))
  return secret?.arn === arn && !secret.isDeleted && isOfStage(search, secret) ? secret : undefined
}

const oneOf = async (search: HolderSearch, holder: Holder, tagged: readonly Secret[]): Promise<One> => {
  if (holder.state === 'held') {
    const { secretArn } = holder
    const secret = await findHolder(search, secretArn, tagged)
    const words = `held by ${secret?.name ?? secretArn}${taggedWords(tagged.filter(({ arn }) => arn !== secretArn))}`
    if (secret === undefined) return { secrets: [], why: `${words}: no secret of this stage that could be revoked` }
    return tagged.some(({ arn }) => arn !== secretArn) || tagged.length === 0
      ? { secrets: [secret], remark: words }
      : { secrets: [secret] }
  }
  // The rotation function acts for a tagged one only if its value proves it.
  if (tagged.length > 0 && holder.state === 'unheld') {
    return { secrets: tagged, remark: `held by no secret${taggedWords(tagged)}`, isUnsure: true }
  }
  if (tagged.length > 0) return { secrets: tagged, isUnsure: true }
  const why = {
    gone: 'Stytch knows no such client',
    unheld: 'held by no secret, and none is tagged for it',
    unknown: 'no secret is tagged for it, and it could not be found out which one holds it',
  }
  return { secrets: [], why: why[holder.state] }
}

/** @returns by client id; none: it could not be found out */
export const holdersOf = async (
  { holders }: Pick<HolderSearch, 'holders'>,
  clientIds: readonly string[],
): Promise<ReadonlyMap<string, Holder>> => {
  const ids = [...new Set(clientIds)]
  if (holders === undefined || ids.length === 0) return new Map()
  // An outage of Stytch's keeps no revoke from being tried.
  const answer = await holders.holders(ids).catch((error: unknown) => {
    if (error instanceof Fault) return []
    throw error
  })
  return new Map(answer.flatMap((holder, at) => (ids[at] === undefined ? [] : [[ids[at], holder]])))
}

/** The filter of a list may find values that only begin so. */
export const taggedFor = (clientId: string, listed: readonly Secret[]): readonly Secret[] =>
  listed.filter(({ tags, isDeleted }) => tags[TAG.client] === clientId && !isDeleted)

/** @throws what Secrets Manager's calls throw */
export const findHolders = async (search: HolderSearch, clientIds: readonly string[]): Promise<HeldSecrets> => {
  const [holders, tagged] = await Promise.all([
    holdersOf(search, clientIds),
    Promise.all(clientIds.map((clientId) => listTaggedOfStage(search.secrets, search, clientId))),
  ])
  const held = new Map<string, readonly HeldClient[]>()
  const secrets = new Map<string, Secret>()
  const missing: string[] = []
  const whyMissing = new Map<string, string>()
  for (const [at, clientId] of clientIds.entries()) {
    const ofClient = taggedFor(clientId, tagged[at] ?? [])
    const one = await oneOf(search, holders.get(clientId) ?? { state: 'unknown' }, ofClient)
    for (const secret of one.secrets) {
      secrets.set(secret.arn, secret)
      const client = {
        clientId,
        ...('remark' in one ? { remark: `${clientId} is ${one.remark}` } : {}),
        ...('isUnsure' in one ? { isUnsure: true as const } : {}),
      }
      held.set(secret.arn, [...(held.get(secret.arn) ?? []), client])
    }
    if (!('why' in one)) continue
    missing.push(clientId)
    if (one.why !== undefined) whyMissing.set(clientId, one.why)
  }
  return { secrets: [...secrets.values()], held, missing, whyMissing }
}
