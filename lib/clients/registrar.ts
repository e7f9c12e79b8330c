// The function that registers clients: it may create clients at Stytch, and secrets below the prefix, and keeps both as they are
// declared (M2mClient). CloudFormation calls it, asynchronously; a request that it could not finish three times over goes to the
// dead letters.

import { CustomResource, Duration } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct, type IDependable } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { CLAIMS_RESOURCE } from '../../lambda/core/clients/read-client-request.ts'
import type { ReaderAdmission } from '../../lambda/core/clients/reader-admission.ts'
import { policyForm } from '../../lambda/core/clients/secret-policy.ts'
import { type RegistrarEnv, writeRegistrarEnv } from '../../lambda/env/registrar.ts'
import { anyKeyOf, type ClientRegistrar, type DeployedRegistrar, registrarOfStage } from '../base/deployed-stage.ts'
import type { KeyPlace } from '../base/key-statements.ts'
import { type FunctionSurroundings, M2mFunction } from '../base/m2m-function.ts'
import { keyPlaceOf, type SecretsKey } from '../base/secrets-key.ts'
import type { ReplicaConfig } from '../config/account-config.ts'
import type { BackstopRules } from '../config/rotation-schedule.ts'
import { bootstrapDeployRoleArn, roleArn, type StageNames } from '../config/stage-names.ts'
import type { RecordsTable } from '../rotation/records-table.ts'
import type { RotationFunction, StytchProject } from '../rotation/rotation-function.ts'
import { mayRegister } from './registration-rights.ts'

export interface RegistrarProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly stytch: StytchProject & { readonly tokenUrl?: string }
  readonly key: SecretsKey
  readonly rotation: RotationFunction
  /** When a client's own declaration says nothing. */
  readonly backstop: BackstopRules
  /** Roles, beside the rotation function's and the registrar's own, that every secret's policy lets read. */
  readonly readers: readonly string[]
  /** The same for changing: deploy and break-glass. */
  readonly changers: readonly string[]
  /** The same for asking for rotations: sweep, campaign, incident. */
  readonly rotators: readonly string[]
  /** The same for taking AWSPENDING away as well. @default - nobody */
  readonly operators?: readonly string[]
  readonly replicas: readonly ReplicaConfig[]
  /** Other accounts whose roles may be readers; the key admits the same. @default - none */
  readonly readerAccounts?: readonly string[]
  /** Every account of this organization as well. @default - none */
  readonly readerOrganizationId?: string
  readonly deadLetters: IQueue
  /** Roles by which CloudFormation asks it. @default - that of `cdk bootstrap` */
  readonly callerRoleArns?: readonly string[]
  /** In which it notes whom the secrets of a stage without claims hold. @default - none */
  readonly records?: RecordsTable
}

/** A registration is some fifteen calls of at most five seconds; CloudFormation itself would wait for an hour. */
const TIMEOUT_SECONDS = 120
const MEMORY_MB = 512
/** Longer than the registrar's three runs of two minutes and the waits between them. */
const SURVEY_TIMEOUT_MINUTES = 15

export class Registrar extends Construct implements ClientRegistrar {
  /** The registrar of a stage that is deployed in the same account and Region, by its name: nothing refers to its stack. */
  static fromStage(scope: Construct, stage: DeployedRegistrar): ClientRegistrar {
    return registrarOfStage(scope, stage)
  }

  readonly fn: M2mFunction
  readonly names: StageNames
  readonly key: SecretsKey
  readonly backstop: BackstopRules
  readonly stageRevision: Readonly<Record<string, string | readonly string[]>>
  readonly place: KeyPlace
  readonly functionArn: string
  readonly dependencies: readonly IDependable[]
  readonly admission: ReaderAdmission
  readonly keyArn: string
  /** What the function reads; whatever registers beside it reads the same, or secrets would differ by who registered them. */
  readonly settings: RegistrarEnv

  constructor(scope: Construct, id: string, props: RegistrarProps) {
    super(scope, id)
    const { names, key, rotation, stytch, replicas } = props
    this.names = names
    this.key = key
    this.backstop = props.backstop
    this.place = keyPlaceOf(this)
    const { readerAccounts = [], readerOrganizationId } = props
    this.admission = {
      ownAccount: this.place.account,
      accounts: readerAccounts,
      organizationId: readerOrganizationId,
    }
    this.keyArn = key.existingKeyArn ?? anyKeyOf(this.place)
    const own = [roleArn(this, names, 'rotation'), roleArn(this, names, 'registrar')]
    const readers = [...own, ...props.readers]
    const changers = [...own, ...props.changers]
    const { rotators, operators = [] } = props
    this.stageRevision = {
      Readers: readers,
      Changers: changers,
      Rotators: rotators,
      Operators: operators,
      Replicas: replicas.map(({ region }) => region),
      Form: policyForm(),
    }
    this.settings = {
      stytch: {
        projectId: stytch.projectId,
        projectSecret: { kind: 'stored', secretId: stytch.projectSecretName },
      },
      secretNamePrefix: names.secretNamePrefix,
      extraPrefixes: names.extraPrefixes,
      rotationFunctionArn: rotation.arn,
      kmsKeyId: key.key.keyArn,
      readers,
      changers,
      rotators,
      operators,
      replicas: replicas.map(({ region, keyArn }) => ({
        region,
        ...defined({ kmsKeyId: keyArn }),
      })),
      readerAccounts,
      ...defined({ readerOrganizationId, tokenUrl: stytch.tokenUrl }),
      ...(props.records === undefined ? {} : { records: { table: props.records.table.tableName } }),
    }
    this.fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings: props.surroundings,
      part: 'registrar',
      bundle: 'on-client-resource',
      description: `Registers M2M clients and their secrets below ${names.secretNamePrefix}`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure:
        'What CloudFormation asked in vain goes to the dead letters by a destination, which keeps the error as well',
      environment: writeRegistrarEnv(this.settings),
    })
    this.fn.function.configureAsyncInvoke({ onFailure: new SqsDestination(props.deadLetters) })
    mayRegister(this.fn, props)
    this.functionArn = this.fn.function.functionArn
    // A request says which stack it is of, and names readers: only whoever deploys may say so.
    const { callerRoleArns = [bootstrapDeployRoleArn(this)] } = props
    this.fn.onlyCalledBy({ roleArns: callerRoleArns })
    // The function answers only once it may do what it is asked; its policy is a resource of its own.
    this.dependencies = [this.fn]
    if (props.records !== undefined) this.takeOverClaims(props.records)
  }

  /** Asked once, when a stage gets its claims: its secrets are listed, and those that one tag alone named are noted (survey-claims.ts). */
  private takeOverClaims(records: RecordsTable): void {
    records.mayClaim(this.fn)
    this.fn.mayDo(
      new PolicyStatement({ sid: 'ListSecrets', actions: ['secretsmanager:ListSecrets'], resources: ['*'] }),
    )
    const survey = new CustomResource(this, 'Claims', {
      resourceType: CLAIMS_RESOURCE,
      serviceToken: this.functionArn,
      serviceTimeout: Duration.minutes(SURVEY_TIMEOUT_MINUTES),
    })
    survey.node.addDependency(this.fn)
  }
}
