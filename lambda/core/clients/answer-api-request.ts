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
import { type Authority, aliasFault, type Sets } from './authority.ts'
import type { ClientsRequest, DeclareAsked, StageView } from './clients-api.ts'
import { closeReading } from './close-reading.ts'
import { type Declaration, declareClient } from './declare-client.ts'
import { cliOwner, type Removal, removals } from './declared-client.ts'
import { type Discarding, discardLeftover } from './discard-leftover.ts'
import { DRILL_SET, removeDrill } from './drill-client.ts'
import { type Examining, examineValues } from './examine-values.ts'
import { type GivingBack, giveBack } from './give-back.ts'
import { revisionOf, type Stage } from './guard-secret.ts'
import { holdSecrets } from './hold-secrets.ts'
import { type RetiringParts, retireDeclaredClient } from './retire-declared-client.ts'
import { limitFaults, nameFault, scopesFault } from './set-limits.ts'
import { type Switching, switchClient } from './switch-client.ts'
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
  readonly sets?: Sets
}

export interface ApiParts {
  readonly parts: Declaration &
    RetiringParts &
    Discarding &
    Examining &
    GivingBack &
    ClaimingParts &
    Pick<Switching, 'publish'>
  readonly stage: ApiStage
  /** By the alias that was invoked; what may be asked depends on it. */
  readonly authority: Authority
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
    sets: stage.sets && Object.keys(stage.sets).sort(),
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

/** Campaigns would exceed it in silence. @throws Fault INPUT_MALFORMED */
const assertPeriod = (stage: ApiStage, secretName: string, period: string | undefined): void => {
  const [periodMs, everyHours] = [readSpan(period), stage.campaignEveryHours]
  if (periodMs === undefined || everyHours === undefined) return
  const fault = shortPeriodFault(periodMs, everyHours * HOUR_MS)
  if (fault !== undefined) throw refuse(`Client ${secretName} was left as it is: its period of ${period} ${fault}.`)
}

/** A drill's secret has no replicas: Secrets Manager deletes none that has. */
const stageFor = (stage: ApiStage, { set }: DeclareAsked): ApiStage =>
  set === DRILL_SET ? { ...stage, replicas: [] } : stage

/** Whatever the command line would have let through. @throws Fault INPUT_MALFORMED */
const assertAllowed = (authority: Authority, request: ClientsRequest, stage: ApiStage): void => {
  const fault = aliasFault(authority, request)
  const faults = fault === undefined ? limitFaults(authority, request, stage) : [fault]
  if (faults.length > 0) throw refuse(`Nothing was changed: ${faults.join('; ')}.`)
}

/** @throws Fault when it cannot or may not be done. @returns what goes into JSON. */
export const answerApiRequest = async (
  { parts, stage, authority }: ApiParts,
  request: ClientsRequest,
): Promise<unknown> => {
  assertAllowed(authority, request, stage)
  const scopesFaultOf = (scopes: readonly string[]) => scopesFault(authority, scopes)
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
    case 'hold':
    case 'release':
      for (const name of request.secretNames) assertBelow(stage, name)
      return holdSecrets(parts, { stage, isHold: request.action === 'hold', by: request.by }, request)
    case 'claims':
      return readClaims(parts, request.clientIds)
    case 'writeClaims':
      for (const name of request.secretNames) assertBelow(stage, name)
      return writeClaims(parts, request)
    case 'declare': {
      const { set, requestId, client } = request
      assertPeriod(stage, client.secretName, client.period)
      return declareClient(parts, {
        stage: stageFor(stage, request),
        owner: cliOwner(set),
        requestId,
        client,
        mayTakeOver: authority.kind === 'breakGlass',
      })
    }
    case 'adopt':
    case 'rehearseAdoption': {
      const { clientSecret: value, ...rest } = request
      assertPeriod(stage, rest.secretName, rest.period)
      const clientSecret = value === undefined ? undefined : createClientSecret(value)
      return adoptClient(parts, {
        ...rest,
        stage,
        clientSecret,
        isRehearsal: request.action === 'rehearseAdoption',
        scopesFaultOf,
      })
    }
    case 'adoptInPlace':
      assertPeriod(stage, request.secretName, request.period)
      return adoptInPlace(parts, { ...request, stage, scopesFaultOf })
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
      await discardLeftover(parts, {
        clientId: request.clientId,
        prefix: stage.secretNamePrefix,
        nameFaultOf: (name) => nameFault(authority, stage, name),
      })
      return {}
    case 'setActive':
      assertBelow(stage, request.secretName)
      return switchClient(parts, request)
  }
}
