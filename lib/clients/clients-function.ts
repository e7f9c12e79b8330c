// The clients function: what operators ask of it by the CLI takes the Stytch project secret, which nobody but functions of this system may
// read. It registers as the registrar does, with the same rights and the same settings. It is invoked by aliases alone, each with callers of its
// own, and what it does for a caller follows from the alias: it looks, it holds, it declares one set's clients, or it is break-glass's.

import { Alias } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { DEFAULT_ALIAS, LOOK_ALIAS, OPERATE_ALIAS } from '../../lambda/core/clients/authority.ts'
import { BREAK_GLASS_ALIAS } from '../../lambda/core/clients/clients-api.ts'
import type { HandMadeSecret } from '../../lambda/core/secret/hand-made-secrets.ts'
import { writeClientsEnv } from '../../lambda/env/clients.ts'
import { guardFunction } from '../base/function-policy.ts'
import { type FunctionSurroundings, M2mFunction } from '../base/m2m-function.ts'
import type { RevocationList } from '../base/revocation-list.ts'
import type { SecretsKey } from '../base/secrets-key.ts'
import type { BreakGlass, ReplicaConfig } from '../config/account-config.ts'
import { campaignEveryHours } from '../config/campaign-config.ts'
import type { DeployConfig } from '../config/deploy-config.ts'
import type { DrillConfig } from '../config/drill-config.ts'
import { rulesOfSets, type SetsConfig } from '../config/sets-config.ts'
import { functionArn, type StageNames } from '../config/stage-names.ts'
import type { RecordsTable } from '../rotation/records-table.ts'
import type { RotationFunction, StytchProject } from '../rotation/rotation-function.ts'
import type { Registrar } from './registrar.ts'
import { mayAdoptInPlace, mayRegister } from './registration-rights.ts'

interface GuardedAlias {
  readonly name: string
  readonly id: string
  /** For the console. */
  readonly does: string
  readonly allowed: readonly string[]
  /** @default - nobody: they have policies of their own */
  readonly letIn?: readonly string[]
}

/** As it has always been called. */
const CALLED_BY: Readonly<Record<string, string>> = { BreakGlass: 'SwitchedByBreakGlass' }

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
  /** Roles of people who run the command line, those of sets included. */
  readonly operators: readonly string[]
  /** By name. None: the default set, for all of these operators. */
  readonly sets: SetsConfig
  /** In which it writes claims. */
  readonly records: RecordsTable
  /** By name, for whoever may use it: the function itself does not. */
  readonly evidenceBucket: string
  readonly drills: DrillConfig
  /** Where it is published that a client is switched off. @default - nowhere, as nobody vends tokens */
  readonly revocations?: RevocationList | undefined
}

/** As the registrar's: some fifteen calls of at most five seconds. The CLI waits a little longer than this. */
const TIMEOUT_SECONDS = 120
const MEMORY_MB = 512

export class ClientsFunction extends Construct {
  readonly fn: M2mFunction
  /** By name, so that a policy may point at the function before it exists. */
  readonly arn: string
  /** Aliases that everybody who operates the stage may invoke, by ARN. */
  operatedAs: readonly string[] = []

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
        ...defined({
          drillEveryHours: props.drills.everyHours,
          sets: rulesOfSets(props.sets),
          publication: props.revocations?.env,
        }),
      }),
    })
    mayRegister(this.fn, props)
    mayAdoptInPlace(this.fn, props)
    props.records.mayClaim(this.fn)
    props.records.mayEndClaims(this.fn)
    props.revocations?.mayPublish(this.fn)
    this.guard(props)
  }

  /** A permission each, which only named roles have: whoever may invoke one alias may do what that one is for. */
  private guard({ breakGlass, operators, sets }: ClientsFunctionProps): void {
    const atBreakGlass = 'roleArn' in breakGlass ? [breakGlass.roleArn] : []
    const everybody = [...new Set([...operators, ...atBreakGlass])]
    const ofSets = Object.entries(sets)
    const aliases: readonly GuardedAlias[] = [
      { name: LOOK_ALIAS, id: 'Look', does: 'Lists and looks', allowed: everybody },
      { name: OPERATE_ALIAS, id: 'Operate', does: 'Holds, releases and drills', allowed: everybody },
      ...(ofSets.length === 0
        ? [{ name: DEFAULT_ALIAS, id: 'Default', does: 'Declares, adopts and retires', allowed: everybody }]
        : []),
      ...ofSets.map(([name, set]) => ({
        name,
        id: `Set-${name}`,
        does: `Declares, adopts and retires clients of set ${name}`,
        allowed: set.operators,
        letIn: set.operators,
      })),
      {
        name: BREAK_GLASS_ALIAS,
        id: 'BreakGlass',
        does: 'Switches a client off and on at Stytch',
        allowed: atBreakGlass,
        // Identity policies that name the function without the alias do not reach it (Lambda developer guide, resource-based policies).
        letIn: atBreakGlass,
      },
    ]
    const guarded = guardFunction(this, 'CalledByOperators', {
      arn: this.arn,
      // The account's root alone: without an alias nothing says what a caller may do.
      allowed: [],
      letIn: [],
      // Also here, since it is not said whether an alias's own policy is the only one that is asked about it.
      qualified: [
        { sid: 'QualifiedByFewer', arn: `${this.arn}:*`, allowed: everybody },
        ...aliases.map(({ name, id, allowed }) => ({
          sid: `Only${id.replaceAll(/[^A-Za-z0-9]/g, '')}`,
          arn: `${this.arn}:${name}`,
          allowed,
        })),
      ],
    })
    guarded.node.addDependency(this.fn.function)
    for (const one of aliases) this.addAlias(one)
    const ofEverybody = [LOOK_ALIAS, OPERATE_ALIAS, ...(ofSets.length === 0 ? [DEFAULT_ALIAS] : [])]
    this.operatedAs = ofEverybody.map((name) => `${this.arn}:${name}`)
  }

  private addAlias({ name, id, does, allowed, letIn = [] }: GuardedAlias): void {
    const version = this.fn.function.latestVersion
    const alias = new Alias(this, id, { aliasName: name, version, description: does })
    const policy = guardFunction(this, CALLED_BY[id] ?? `CalledAs-${id}`, {
      arn: `${this.arn}:${name}`,
      allowed,
      letIn,
    })
    policy.node.addDependency(alias)
  }
}
