// The clients function: what operators ask of it by the CLI takes the Stytch project secret, which nobody but functions of this system may
// read. It registers as the registrar does, with the same rights and the same settings; and by an alias that only the break-glass role
// is allowed, it switches a client off and on at Stytch.

import { Alias } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { BREAK_GLASS_ALIAS } from '../../lambda/core/clients/clients-api.ts'
import type { HandMadeSecret } from '../../lambda/core/secret/hand-made-secrets.ts'
import { writeClientsEnv } from '../../lambda/env/clients.ts'
import { guardFunction } from '../base/function-policy.ts'
import { type FunctionSurroundings, M2mFunction } from '../base/m2m-function.ts'
import type { SecretsKey } from '../base/secrets-key.ts'
import type { BreakGlass, ReplicaConfig } from '../config/account-config.ts'
import { campaignEveryHours } from '../config/campaign-config.ts'
import type { DeployConfig } from '../config/deploy-config.ts'
import type { DrillConfig } from '../config/drill-config.ts'
import { functionArn, type StageNames } from '../config/stage-names.ts'
import type { RecordsTable } from '../rotation/records-table.ts'
import type { RotationFunction, StytchProject } from '../rotation/rotation-function.ts'
import type { Registrar } from './registrar.ts'
import { mayAdoptInPlace, mayRegister } from './registration-rights.ts'

export interface ClientsFunctionProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly stytch: StytchProject
  readonly key: SecretsKey
  readonly rotation: RotationFunction
  readonly registrar: Registrar
  readonly spans: Pick<
    DeployConfig['rotation'],
    'periodHours' | 'overlapHours' | 'longestHoldHours' | 'campaigns' | 'sweepEveryMinutes'
  >
  readonly replicas: readonly ReplicaConfig[]
  readonly breakGlass: BreakGlass
  readonly handMadeSecrets: readonly HandMadeSecret[]
  /** Roles of people who run the command line. */
  readonly operators: readonly string[]
  /** In which it writes claims. */
  readonly records: RecordsTable
  /** By name, for whoever may use it: the function itself does not. */
  readonly evidenceBucket: string
  readonly drills: DrillConfig
}

/** As the registrar's: some fifteen calls of at most five seconds. The CLI waits a little longer than this. */
const TIMEOUT_SECONDS = 120
const MEMORY_MB = 512

export class ClientsFunction extends Construct {
  readonly fn: M2mFunction
  /** By name, so that a policy may point at the function before it exists. */
  readonly arn: string

  constructor(scope: Construct, id: string, props: ClientsFunctionProps) {
    super(scope, id)
    const { names, registrar, spans } = props
    this.arn = functionArn(this, names, 'clients')
    this.fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings: props.surroundings,
      part: 'clients',
      bundle: 'on-clients-request',
      description: `Registers, adopts and retires M2M clients below ${names.secretNamePrefix} for the command line`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure:
        'The command line calls it synchronously and retries by itself, so that a dead letter target stays empty',
      environment: writeClientsEnv({
        ...registrar.settings,
        backstop: registrar.backstop,
        periodHours: spans.periodHours,
        overlapHours: spans.overlapHours,
        longestHoldHours: spans.longestHoldHours,
        sweepEveryMinutes: spans.sweepEveryMinutes,
        ...defined({ campaignEveryHours: campaignEveryHours(spans.campaigns) }),
        handMadeSecrets: props.handMadeSecrets,
        records: { table: props.records.table.tableName },
        evidenceBucket: props.evidenceBucket,
        ...defined({ drillEveryHours: props.drills.everyHours }),
      }),
    })
    mayRegister(this.fn, props)
    mayAdoptInPlace(this.fn, props)
    props.records.mayClaim(this.fn)
    props.records.mayEndClaims(this.fn)
    this.guard(props)
  }

  /** The command line calls the function itself; the alias, which switches clients, is break-glass's alone. */
  private guard({ breakGlass, operators }: ClientsFunctionProps): void {
    const alias = new Alias(this, 'BreakGlass', {
      aliasName: BREAK_GLASS_ALIAS,
      version: this.fn.function.latestVersion,
      description: 'Switches a client off and on at Stytch',
    })
    const roles = 'roleArn' in breakGlass ? [breakGlass.roleArn] : []
    const guarded = guardFunction(this, 'CalledByOperators', {
      arn: this.arn,
      allowed: [...new Set([...operators, ...roles])],
      letIn: [],
      // Also here, since it is not said whether an alias's own policy is the only one that is asked about it.
      qualified: { arn: `${this.arn}:*`, allowed: roles },
    })
    guarded.node.addDependency(this.fn.function)
    const switches = guardFunction(this, 'SwitchedByBreakGlass', {
      arn: `${this.arn}:${BREAK_GLASS_ALIAS}`,
      allowed: roles,
      // Identity policies that name the function without the alias do not reach it (Lambda developer guide, resource-based policies).
      letIn: roles,
    })
    switches.node.addDependency(alias)
  }
}
