// One stage's machinery in one stack: key, bus, rotation function, registrar, notifications, alarms, and a few clients if wanted.
// Puts the constructs together from the configuration and decides nothing itself.
import { CfnOutput, RemovalPolicy, Stack, type StackProps, Tags } from 'aws-cdk-lib'
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { ClientConfig, DeployConfig } from './deploy-config.ts'
import { M2mEventBus } from './event-bus.ts'
import { FailureAlarms } from './failure-alarms.ts'
import { M2mClient } from './m2m-client.ts'
import { Notifications } from './notifications.ts'
import { Registrar } from './registrar.ts'
import { ROTATION_SOURCE, RotationFunction } from './rotation-function.ts'
import { SecretsKey } from './secrets-key.ts'
import { bootstrapDeployRoleArn, roleArn, type StageNames } from './stage-names.ts'

export interface M2mStackProps extends StackProps {
  readonly config: DeployConfig
}

const breakGlassRoles = ({ breakGlass }: DeployConfig): readonly string[] =>
  'roleArn' in breakGlass ? [breakGlass.roleArn] : []

const surroundingsOf = ({ logRetentionDays, network }: DeployConfig, removalPolicy: RemovalPolicy) => ({
  logRetentionDays,
  removalPolicy,
  ...(network === undefined ? {} : { network }),
})

export class M2mStack extends Stack {
  readonly registrar: Registrar
  readonly clients: readonly M2mClient[]

  constructor(scope: Construct, id: string, { config, ...props }: M2mStackProps) {
    super(scope, id, { description: `Rotates M2M client secrets below ${config.secretNamePrefix}`, ...props })
    const names: StageNames = { stage: config.stage, secretNamePrefix: config.secretNamePrefix }
    const removalPolicy = config.onRemoval === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN
    const surroundings = surroundingsOf(config, removalPolicy)
    const rotationRole = roleArn(this, names, 'rotation')
    const deployRole = config.deployRoleArn ?? bootstrapDeployRoleArn(this)
    const breakGlass = breakGlassRoles(config)

    const key = new SecretsKey(this, 'Key', {
      names,
      userRoleArns: [rotationRole],
      creatorRoleArns: [roleArn(this, names, 'registrar'), deployRole],
      readerRoleArns: breakGlass,
      removalPolicy,
      ...(config.keyArn === undefined ? {} : { existingKeyArn: config.keyArn }),
    })
    const bus = new M2mEventBus(this, 'Events', { names, speakers: { [ROTATION_SOURCE]: [rotationRole] } })
    const notifications = new Notifications(this, 'Notifications', { names, address: config.alarms, removalPolicy })
    const rotation = new RotationFunction(this, 'Rotation', {
      names,
      surroundings,
      stytch: config.stytch,
      key,
      bus,
      reservedConcurrency: config.rotation.reservedConcurrency,
    })
    this.registrar = new Registrar(this, 'Registrar', {
      names,
      surroundings,
      stytch: config.stytch,
      key,
      rotation,
      backstop: config.rotation.backstop,
      readers: breakGlass,
      changers: [deployRole, ...breakGlass],
      replicas: config.replicas,
      deadLetters: notifications.deadLetters,
    })
    new FailureAlarms(this, 'Alarms', {
      names,
      bus: bus.bus,
      notifications,
      rotation: rotation.fn,
      registrar: this.registrar.fn,
      breakGlass: config.breakGlass,
    })
    this.clients = config.clients.map((client) => this.addClient(client, rotation))
    this.surround(config)
    this.tell(rotation, notifications)
  }

  private addClient(client: ClientConfig, rotation: RotationFunction): M2mClient {
    // The one id that is not a literal: a client's immutable name.
    const declared = new M2mClient(this, `Client-${client.name}`, {
      registrar: this.registrar,
      clientName: client.name,
      description: client.description,
      scopes: client.scopes,
      onRemoval: client.onRemoval,
    })
    for (const reader of client.readers) declared.allow(reader)
    // Turning rotation on tries the function at once.
    declared.node.addDependency(rotation)
    new CfnOutput(this, `SecretArn-${client.name}`, { value: declared.secretArn })
    return declared
  }

  private surround({ tags, permissionsBoundaryArn }: DeployConfig): void {
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value)
    if (permissionsBoundaryArn === undefined) return
    const boundary = ManagedPolicy.fromManagedPolicyArn(this, 'Boundary', permissionsBoundaryArn)
    PermissionsBoundary.of(this).apply(boundary)
  }

  private tell(rotation: RotationFunction, notifications: Notifications): void {
    new CfnOutput(this, 'RotationFunctionArn', { value: rotation.arn })
    new CfnOutput(this, 'KeyArn', { value: this.registrar.key.key.keyArn })
    new CfnOutput(this, 'AlarmTopicArn', { value: notifications.topic.topicArn })
  }
}
