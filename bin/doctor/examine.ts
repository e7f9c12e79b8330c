// Everything that doctor looks at, in one list. Where the clients function does not answer, what can be seen without it is: the caller's rights,
// the freeze, and what AWS shows of the stage.
import { partitionOf } from '../../lambda/core/base/aws-partition.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { StageView } from '../../lambda/core/clients/clients-api.ts'
import type { DrillRecord } from '../../lambda/core/clients/drill-record.ts'
import type { FleetFinding } from '../../lambda/core/clients/fleet-findings.ts'
import { prefixesOf } from '../../lambda/core/secret/stage-secrets.ts'
import { useStatements } from '../../lib/base/key-statements.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { permissionFindings } from '../terminal/permissions.ts'
import { busFindings } from './bus-findings.ts'
import { drillFindings, readLastDrill } from './drill-findings.ts'
import {
  checkFindings,
  claimFindings,
  copyFindings,
  examineFleet,
  findingNotChecked,
  freezeFindings,
  handMadeReport,
  projectFindings,
  valueFindings,
} from './fleet-checks.ts'
import { type StagePlace, stageFindings } from './stage-findings.ts'
import { openStageLooks } from './stage-looks.ts'

export interface Examined {
  readonly findings: readonly FleetFinding[]
  /** Undefined: they could not be read. */
  readonly clients: number | undefined
  /** Of the secrets that people stored, what the caller may not read. */
  readonly unreadable: readonly string[]
  readonly lastDrill: DrillRecord | undefined
}

const FUNCTION_ARN = /^arn:([^:]+):lambda:([^:]+):(\d+):/

/** By the ARN of the rotation function, which stands where everything of the stage does. */
const placeOf = (stage: string, view: StageView): StagePlace | undefined => {
  const [, partition, region, account] = FUNCTION_ARN.exec(view.rotationFunctionArn) ?? []
  if (partition === undefined || region === undefined || account === undefined) return undefined
  const roleOf = (part: string): string => `arn:${partition}:iam::${account}:role/m2m-${stage}-${part}-${region}`
  const keyUses = useStatements({
    ...{ partition, region, account, urlSuffix: partitionOf(region).urlSuffix },
    secretNamePrefix: view.secretNamePrefix,
    extraPrefixes: view.extraPrefixes,
    readerAccounts: view.readerAccounts ?? [],
    readerOrganizationId: view.readerOrganizationId,
    writerRoleArns: [roleOf('rotation')],
    creatorRoleArns: [roleOf('registrar'), roleOf('clients')],
  })
  const hasCampaigns = view.campaignEveryHours !== undefined
  return { ...{ stage, partition, region, account }, keyArn: view.keyArn, keyUses, hasCampaigns }
}

/** What AWS shows of a stage that does not say where it is. */
const placeWithout = async (stage: string, region: string, account: string): Promise<StagePlace> => ({
  ...{ stage, region, account, partition: partitionOf(region).partition },
  keyUses: [],
  hasCampaigns: undefined,
})

const lookAtStage = async (context: CommandContext, view: StageView | undefined): Promise<readonly FleetFinding[]> => {
  const { secretsManager } = await context.connect()
  const looks = await openStageLooks(secretsManager)
  const known = view && placeOf(context.stage, view)
  const place =
    known ?? (await placeWithout(context.stage, await secretsManager.config.region(), await looks.account()))
  return stageFindings(looks, place)
}

/** @throws Fault when not even AWS says who is asking: then it is the network, or the caller's credentials */
const withoutView = async (context: CommandContext, fault: Fault): Promise<Examined> => {
  const ofStage = await lookAtStage(context, undefined).catch(() => {
    throw fault
  })
  const unseen: FleetFinding = {
    kind: 'notChecked',
    weight: 'broken',
    subject: context.functionName('clients'),
    what: `it does not answer, so that no client was looked at: ${fault.message}`,
    todo: fault.message.includes('ResourceNotFoundException')
      ? 'deploy the stage, or name another with --stage'
      : `its log group begins with /aws/lambda/${context.functionName('clients')}; m2m incident works without it`,
  }
  const permissions = await permissionFindings(context, [`m2m/${context.stage}/`])
  const drill = await readLastDrill(context)
  const bus = await busFindings(context)
  const findings = [unseen, ...permissions, ...bus, ...(await freezeFindings(context)), ...ofStage, ...drill.findings]
  return { findings, clients: undefined, unreadable: [], lastDrill: drill.last }
}

export const examine = async (context: CommandContext): Promise<Examined> => {
  const view = await context.view().catch((error: unknown) => {
    if (error instanceof Fault) return error
    throw error
  })
  if (view instanceof Fault) return withoutView(context, view)
  const permissions = await permissionFindings(context, prefixesOf(view))
  const ofStage = await lookAtStage(context, view)
  const bus = await busFindings(context)
  const [project, freeze] = [await projectFindings(context), await freezeFindings(context)]
  const found = await examineFleet(context)
  const handMade = await handMadeReport(context).catch((error: unknown) => ({
    findings: [findingNotChecked(context, 'the secrets that were stored by hand', error)],
    notChecked: [],
  }))
  const values = await valueFindings(context, found.secrets)
  const checks = await checkFindings(context, found.secrets)
  const claims = await claimFindings(context, found.secrets)
  const replicas = await copyFindings(context, found.secrets)
  const drill = await readLastDrill(context)
  return {
    findings: [
      ...permissions,
      ...bus,
      ...project,
      ...handMade.findings,
      ...freeze,
      ...checks,
      ...claims,
      ...replicas,
      ...found.findings,
      ...values,
      ...ofStage,
      ...drill.findings,
      ...drillFindings(view, { secrets: found.secrets, last: drill, now: context.timing.now() }),
    ],
    clients: found.secrets.filter(({ isDeleted }) => !isDeleted).length,
    unreadable: handMade.notChecked,
    lastDrill: drill.last,
  }
}
