// One request to the clients function, from what is asked to what is answered. A refusal is an answer; what nobody foresaw is thrown.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import { HOUR_MS } from '../base/time-units.ts'
import { shortPeriodFault } from '../secret/campaign-turn.ts'
import { createClientSecret } from '../secret/client-secret.ts'
import type { Secret } from '../secret/secret.ts'
import { readSpan, TAG } from '../secret/secret-tags.ts'
import { isNameOfStage, outsideFault } from '../secret/stage-secrets.ts'
import { adoptClient } from './adopt-client.ts'
import { adoptInPlace } from './adopt-in-place.ts'
import { BREAK_GLASS_ALIAS, type ClientsRequest, type DeclareAsked, type StageView } from './clients-api.ts'
import { closeReading } from './close-reading.ts'
import { type Declaration, declareClient } from './declare-client.ts'
import { cliOwner, type Removal, removals } from './declared-client.ts'
import { type Discarding, discardLeftover } from './discard-leftover.ts'
import { DRILL_SET, isDrillName, removeDrill } from './drill-client.ts'
import { type Examining, examineValues } from './examine-values.ts'
import { type GivingBack, giveBack } from './give-back.ts'
import { revisionOf, type Stage } from './guard-secret.ts'
import { type RetiringParts, retireDeclaredClient } from './retire-declared-client.ts'
import { switchClient } from './switch-client.ts'
import { type ClaimingParts, readClaims, writeClaims } from './write-claims.ts'

export interface ApiStage
  extends Stage,
    Pick<
      StageView,
      | 'projectId'
      | 'backstop'
      | 'periodHours'
      | 'overlapHours'
      | 'campaignEveryHours'
      | 'longestHoldHours'
      | 'sweepEveryMinutes'
      | 'handMadeSecrets'
      | 'recordsTable'
      | 'evidenceBucket'
    > {
  /** After which another drill is due. @default - none is asked for */
  readonly drillEveryHours?: number
}

export interface ApiParts {
  readonly parts: Declaration & RetiringParts & Discarding & Examining & GivingBack & ClaimingParts
  readonly stage: ApiStage
  /** The alias by which the function was called; what may be asked depends on it. */
  readonly qualifier: string | undefined
}

const viewOf = (stage: ApiStage): StageView => ({
  projectId: stage.projectId,
  secretNamePrefix: stage.secretNamePrefix,
  ...defined({ extraPrefixes: stage.extraPrefixes }),
  rotationFunctionArn: stage.rotationFunctionArn,
  tokenUrl: stage.tokenUrl,
  backstop: stage.backstop,
  periodHours: stage.periodHours,
  overlapHours: stage.overlapHours,
  ...defined({
    campaignEveryHours: stage.campaignEveryHours,
    longestHoldHours: stage.longestHoldHours,
    sweepEveryMinutes: stage.sweepEveryMinutes,
    handMadeSecrets: stage.handMadeSecrets,
  }),
  policyRevision: revisionOf(stage),
  readerAccounts: stage.readerAccounts ?? [],
  ...defined({
    readerOrganizationId: stage.readerOrganizationId,
    recordsTable: stage.recordsTable,
    evidenceBucket: stage.evidenceBucket,
    keyArn: stage.kmsKeyId,
  }),
  drills: defined({ everyHours: stage.drillEveryHours }),
})

const refuse = (message: string): Fault => new Fault({ code: 'INPUT_MALFORMED', retryable: false, message })

/** As it was declared; a tag that says nothing keeps the client. */
const removalOf = (facts: Secret | undefined): Removal =>
  removals.find((one) => one === facts?.tags[TAG.onRemoval]) ?? 'retain'

const assertBelow = (stage: Stage, secretName: string): void => {
  if (!isNameOfStage(stage, secretName)) {
    throw refuse(`Client ${secretName} was left as it is: ${outsideFault(stage, secretName)}.`)
  }
}

/** @throws Fault INPUT_MALFORMED */
const assertBreakGlass = (qualifier: string | undefined, message: string): void => {
  if (qualifier !== BREAK_GLASS_ALIAS) throw refuse(`${message}, by the alias ${BREAK_GLASS_ALIAS}.`)
}

/** Campaigns would exceed it in silence. @throws Fault INPUT_MALFORMED */
const assertPeriod = (stage: ApiStage, secretName: string, period: string | undefined): void => {
  const [periodMs, everyHours] = [readSpan(period), stage.campaignEveryHours]
  if (periodMs === undefined || everyHours === undefined) return
  const fault = shortPeriodFault(periodMs, everyHours * HOUR_MS)
  if (fault !== undefined) throw refuse(`Client ${secretName} was left as it is: its period of ${period} ${fault}.`)
}

/** A drill's secret has no replicas: Secrets Manager deletes none that has. @throws Fault INPUT_MALFORMED */
const stageFor = (stage: ApiStage, { set, client: { secretName } }: DeclareAsked): ApiStage => {
  if (set !== DRILL_SET) return stage
  if (isDrillName(stage.secretNamePrefix, secretName)) return { ...stage, replicas: [] }
  throw refuse(
    `Client ${secretName} was left as it is: set ${DRILL_SET} is that of m2m drill, and takes its names alone.`,
  )
}

/** @throws Fault when it cannot or may not be done. @returns what goes into JSON. */
export const answerApiRequest = async (
  { parts, stage, qualifier }: ApiParts,
  request: ClientsRequest,
): Promise<unknown> => {
  switch (request.action) {
    case 'stage':
      return viewOf(stage)
    case 'whoami':
      return parts.clients.whoami()
    case 'removeDrill': {
      const { secretNamePrefix } = stage
      return removeDrill(parts, { secretName: request.secretName, secretNamePrefix })
    }
    case 'list':
      return parts.clients.list(request)
    case 'examine': {
      const { projectId, secretNamePrefix } = stage
      for (const name of request.secretNames) assertBelow(stage, name)
      return examineValues(parts, { projectId, secretNamePrefix, secretNames: request.secretNames })
    }
    case 'claims':
      return readClaims(parts, request.clientIds)
    case 'writeClaims':
      for (const name of request.secretNames) assertBelow(stage, name)
      assertBreakGlass(qualifier, 'Claims were left as they are: only break-glass may write them')
      return writeClaims(parts, request)
    case 'declare': {
      const { set, requestId, client } = request
      assertPeriod(stage, client.secretName, client.period)
      return declareClient(parts, { stage: stageFor(stage, request), owner: cliOwner(set), requestId, client })
    }
    case 'adopt':
    case 'rehearseAdoption': {
      const { clientSecret: value, ...rest } = request
      assertPeriod(stage, rest.secretName, rest.period)
      const clientSecret = value === undefined ? undefined : createClientSecret(value)
      return adoptClient(parts, { ...rest, stage, clientSecret, isRehearsal: request.action === 'rehearseAdoption' })
    }
    case 'adoptInPlace':
      assertPeriod(stage, request.secretName, request.period)
      return adoptInPlace(parts, { ...request, stage })
    case 'closeReading':
      return closeReading(parts, stage, request)
    case 'giveBack':
      return giveBack(parts, stage, request)
    case 'retire': {
      const { secretName, owner } = request
      assertBelow(stage, secretName)
      const onRemoval = removalOf(await parts.secrets.describe(secretName))
      return retireDeclaredClient(parts, { secretName, onRemoval, owner })
    }
    case 'discard':
      await discardLeftover(parts, { clientId: request.clientId, prefix: stage.secretNamePrefix })
      return {}
    case 'setActive':
      assertBelow(stage, request.secretName)
      assertBreakGlass(
        qualifier,
        `Client ${request.secretName} was left as it is: only break-glass may switch a client`,
      )
      return switchClient(parts, request)
  }
}
