// Whom an incident is about: the selector of its report, held against the managed secrets. Counts all and keeps no more than one execution
// does by itself. What is named and not there is no fault of the report: the others are not left waiting for it.

import { defined } from '../base/defined.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { findHolders, type HeldClient, type HolderSearch } from '../drive/find-holders.ts'
import type { Secret } from '../secret/secret.ts'
import type { Secrets } from '../secret/secrets.ts'
import { countFault, createSelection, missingFrom, type Selector } from '../secret/selector.ts'
import { isNameOfStage, isOfStage, stagePages } from '../secret/stage-secrets.ts'
import { clientCountFault, type LeakReport } from './leak-report.ts'

export interface Choosing extends HolderSearch {
  readonly secrets: Pick<Secrets, 'describe' | 'list' | 'listTagged'>
  /** The Stytch project's own secret, where it is rotated: by name alone, never by a tag, and never among all. */
  readonly project?: { readonly secretName: string; readonly rotationFunctionArn: string } | undefined
}

/** As many as the incident function does by itself; more are a campaign's. */
const MAX_BY_ITSELF = 25

export interface ChosenClients {
  /** All of them, or the first MAX_BY_ITSELF + 1. */
  readonly secrets: readonly Secret[]
  /** Names or client ids that were given and not found. */
  readonly missing: readonly string[]
  /** By client id, why it has no secret here that could be revoked. */
  readonly whyMissing?: ReadonlyMap<string, string> | undefined
  /** By ARN of a secret: the clients that were reported, and what is to be said of who holds them. */
  readonly held?: ReadonlyMap<string, readonly HeldClient[]> | undefined
  /** Retired secrets that the selector means, and that were left out. */
  readonly retired: number
  readonly isMany: boolean
  /** All that the selector means, retired ones left out. */
  readonly count: number
}

interface Found extends Pick<ChosenClients, 'whyMissing' | 'held'> {
  readonly secrets: readonly Secret[]
  readonly count: number
  readonly retired?: number
  /** @default - those that no secret found is named by */
  readonly missing?: readonly string[]
}

const byNames = async (choosing: Choosing, selector: { readonly secretNames: readonly string[] }): Promise<Found> => {
  const { secretNames: names } = selector
  const { isSelected } = createSelection({ by: [selector] })
  const { secrets, project } = choosing
  const isOurs = (name: string): boolean => isNameOfStage(choosing, name) || name === project?.secretName
  const within = names.filter(isOurs).slice(0, MAX_BY_ITSELF + 1)
  // DescribeSecret does not lag.
  const found = await Promise.all(within.map((name) => secrets.describe(name)))
  const isClient = (secret: Secret): boolean => secret.name === project?.secretName || isOfStage(choosing, secret)
  const there = found.filter((secret) => secret !== undefined).filter(isClient)
  return { secrets: there.filter(isSelected), count: names.length }
}

const listed = async (choosing: Choosing, selector: Selector): Promise<Found> => {
  const { whyNot } = createSelection({ by: [selector] })
  const kept = new Map<string, Secret>()
  const counted = new Set<string>()
  const retired = new Set<string>()
  for await (const secrets of stagePages(choosing.secrets, choosing)) {
    for (const secret of secrets) {
      const why = whyNot(secret)
      if (why === 'retired') retired.add(secret.arn)
      if (why !== undefined) continue
      counted.add(secret.arn)
      if (kept.size <= MAX_BY_ITSELF) kept.set(secret.arn, secret)
    }
  }
  return { secrets: [...kept.values()], count: counted.size, retired: retired.size }
}

const byClientIds = async (choosing: Choosing, selector: { readonly clientIds: readonly string[] }): Promise<Found> => {
  const { clientIds } = selector
  if (clientIds.length > MAX_BY_ITSELF) return { secrets: [], count: clientIds.length }
  return { ...(await findHolders(choosing, clientIds)), count: clientIds.length }
}

const find = (choosing: Choosing, selector: Selector): Promise<Found> => {
  if ('secretNames' in selector) return byNames(choosing, selector)
  if ('clientIds' in selector) return byClientIds(choosing, selector)
  return listed(choosing, selector)
}

/** @returns more than MAX_BY_ITSELF secrets, or `isMany`, when it is a campaign's; or why nothing may be begun. */
export const chooseClients = async (choosing: Choosing, report: LeakReport): Promise<Result<ChosenClients, string>> => {
  const { selector } = report
  const { secrets, count, retired = 0, whyMissing, held, ...found } = await find(choosing, selector)
  const fault = countFault(selector, count) ?? clientCountFault(report, count)
  if (fault !== undefined) return refused(fault)
  const isMany = count > MAX_BY_ITSELF
  const missing = isMany ? [] : (found.missing ?? missingFrom(selector, secrets))
  return ok({ secrets, missing, retired, isMany, count, ...defined({ whyMissing, held }) })
}
