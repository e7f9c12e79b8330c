// Reads what a plan is made of: every secret of the stage and every client of the project, page by page; and then once more, one by
// one, what the first reading says is to be changed, since ListSecrets may lag behind by minutes. Changes nothing.

import { forEachLimited } from '../base/for-each-limited.ts'
import type { Timing } from '../base/timing.ts'
import type { Secret } from '../secret/secret.ts'
import { secretNameOf } from '../secret/secret-name.ts'
import type { Secrets } from '../secret/secrets.ts'
import { type StageSecrets, stagePages } from '../secret/stage-secrets.ts'
import type { ClientRecord } from './client-keeper.ts'
import type { ClientsApi, StageView } from './clients-api.ts'
import type { DeclaredClient } from './declared-client.ts'
import { type Plan, type PlanInput, planClients } from './plan-clients.ts'

export interface Survey {
  readonly secrets: Pick<Secrets, 'list' | 'describe'>
  readonly clientsApi: Pick<ClientsApi, 'list'>
  readonly timing: Timing
  /** Called with how far it is; for people. */
  readonly onProgress?: (what: string, done: number) => void
}

const INSPECTED_AT_ONCE = 20
/** DescribeSecret takes 40,000 a second; this is for the sake of whoever looks on. */
const INSPECTED_PER_SECOND = 500

export const readSecrets = async (
  { secrets, onProgress }: Pick<Survey, 'secrets' | 'onProgress'>,
  stage: StageSecrets,
): Promise<readonly Secret[]> => {
  const found: Secret[] = []
  for await (const page of stagePages(secrets, stage)) {
    found.push(...page)
    onProgress?.('secrets', found.length)
  }
  return found
}

export const readRecords = async ({
  clientsApi,
  onProgress,
}: Pick<Survey, 'clientsApi' | 'onProgress'>): Promise<readonly ClientRecord[]> => {
  const found: ClientRecord[] = []
  let page: string | undefined
  do {
    const reply = await clientsApi.list(page === undefined ? {} : { page })
    found.push(...reply.clients)
    page = reply.nextPage
    onProgress?.('clients', found.length)
  } while (page !== undefined)
  return found
}

/** Names of secrets that are worth a closer look: to be changed, or said to be missing although Stytch knows a client of theirs. */
const nominated = (plan: Plan, records: readonly ClientRecord[]): readonly string[] => {
  const known = new Set(
    records.flatMap(({ boundTo, registeredFor = '' }) => {
      return [boundTo === undefined ? registeredFor : secretNameOf(boundTo)]
    }),
  )
  return plan.changes.flatMap(({ kind, secretName }) =>
    kind === 'discard' || (kind === 'create' && !known.has(secretName)) ? [] : [secretName],
  )
}

interface PlanWish {
  readonly stage: StageView
  readonly set: string
  readonly clients: readonly DeclaredClient[]
  readonly retiresUnlisted: boolean
}

/** ListSecrets nominates, DescribeSecret decides. @throws the adapters' faults. */
export const surveyClients = async (survey: Survey, wish: PlanWish): Promise<Plan> => {
  const { secrets, timing, onProgress } = survey
  const [listed, records] = await Promise.all([readSecrets(survey, wish.stage), readRecords(survey)])
  const input: PlanInput = { ...wish, secrets: listed, records, now: timing.now() }
  const names = nominated(planClients(input), records)
  if (names.length === 0) return planClients(input)
  const seen = new Map(listed.map((secret) => [secret.name, secret]))
  let done = 0
  const failures: unknown[] = []
  const pace = {
    timing,
    concurrency: INSPECTED_AT_ONCE,
    perSecond: INSPECTED_PER_SECOND,
    onFailure: (_name: string, error: unknown) => {
      failures.push(error)
    },
  }
  await forEachLimited(names, pace, async (name) => {
    const secret = await secrets.describe(name)
    if (secret === undefined) seen.delete(name)
    else seen.set(name, secret)
    done += 1
    onProgress?.('closer looks', done)
  })
  if (failures.length > 0) throw failures[0]
  return planClients({ ...input, secrets: [...seen.values()] })
}
